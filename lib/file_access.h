// SPDX-License-Identifier: MIT
// What each platform supplies for files.
#pragma once

#include <iocp/file_part.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace iocp::detail {

void CloseFile(FileHandle file) noexcept;

// In bytes; 0 where the system does not tell.
[[nodiscard]] std::uint64_t SizeOfFile(FileHandle file) noexcept;

// For an engine that has no kernel: fills `memory`, or less of it at the end of the file.
struct FileBytes {
    std::size_t size = 0;
    int native_code = 0;
};
[[nodiscard]] FileBytes ReadFromFile(const FilePart& part, std::span<std::byte> memory) noexcept;

}  // namespace iocp::detail
