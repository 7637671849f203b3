// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace iocp {

// The system's handle of a file: a HANDLE on Windows, a file descriptor elsewhere.
using FileHandle = std::uintptr_t;
inline constexpr FileHandle kNoFile = ~FileHandle{0};

// In place of a size: as much as the file holds.
inline constexpr std::uint64_t kToTheEnd = ~std::uint64_t{0};

namespace detail {

// What lies in a file from `offset` on.
struct FilePart {
    FileHandle file = kNoFile;
    std::uint64_t offset = 0;  // bytes
};

}  // namespace detail

}  // namespace iocp
