// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/file_part.h>
#include <iocp/result.h>

#include <cstdint>
#include <filesystem>

namespace iocp {

// A file that is open for reading, to be sent with IOCP_Client::SendFile.
//
// Owner: whoever holds it; it can be moved, and closes the file in the end. Thread rule: it has no position, so any
// number of clients, on any worker, may be sent parts of one File at once. Size may be called from any thread.
class File {
public:
    // Opens a regular file, which takes as long as its disk does. Others may still write to it, rename it or remove it.
    //   SystemError  it could not be opened: NativeCode() and Message() tell why, as in
    //                "system error (ENOENT: No such file or directory)"
    [[nodiscard]] static Value<File> Open(const std::filesystem::path& path);

    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    // Bytes in the file, as of now.
    [[nodiscard]] std::uint64_t Size() const noexcept;

    [[nodiscard]] FileHandle Handle() const noexcept { return handle_; }

private:
    explicit File(FileHandle handle) noexcept : handle_(handle) {}

    FileHandle handle_;
};

}  // namespace iocp
