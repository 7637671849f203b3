// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

namespace iocp_test {

// A file that is gone in the end.
class TemporaryFile {
public:
    // `content`, behind so many bytes of zero, which take no room where the system can leave them out.
    explicit TemporaryFile(std::string_view content, std::uint64_t zeros = 0) : path_(NewPath()) {
        Write(content, zeros);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& Path() const noexcept { return path_; }

    // In place of what was there.
    void Write(std::string_view content, std::uint64_t zeros = 0) const {
        std::ofstream file(path_, std::ios::binary | std::ios::trunc);
        file.seekp(static_cast<std::streamoff>(zeros));
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        file.close();
        if (!file) throw std::runtime_error("cannot write " + path_.string());
    }

private:
    // Unlike what another process makes at the same time.
    [[nodiscard]] static std::filesystem::path NewPath() {
        std::random_device random;
        return std::filesystem::temp_directory_path() /
               ("iocp_core_" + std::to_string(random()) + "_" + std::to_string(random()));
    }

    std::filesystem::path path_;
};

}  // namespace iocp_test
