// SPDX-License-Identifier: MIT
#include "file_access.h"

#include <iocp/file.h>

#include <utility>

namespace iocp {

File::File(File&& other) noexcept : handle_(std::exchange(other.handle_, kNoFile)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

File::~File() {
    if (handle_ != kNoFile) detail::CloseFile(handle_);
}

std::uint64_t File::Size() const noexcept { return detail::SizeOfFile(handle_); }

}  // namespace iocp
