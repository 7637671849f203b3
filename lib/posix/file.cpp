// SPDX-License-Identifier: MIT
#include "file_access.h"

#include <fcntl.h>
#include <iocp/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace iocp {

static_assert(sizeof(off_t) == sizeof(std::uint64_t));

namespace {

int ToDescriptor(FileHandle file) noexcept { return static_cast<int>(file); }

Result Failed(int code) noexcept { return Result(Outcome::SystemError, 0, code); }

}  // namespace

Value<File> File::Open(const std::filesystem::path& path) {
    // The open of a FIFO would wait for somebody who writes.
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return Value<File>(Failed(errno));
    File file(static_cast<FileHandle>(descriptor));
    struct stat about{};
    if (fstat(descriptor, &about) != 0) return Value<File>(Failed(errno));
    if (S_ISDIR(about.st_mode)) return Value<File>(Failed(EISDIR));
    if (!S_ISREG(about.st_mode)) return Value<File>(Failed(EINVAL));
    return Value<File>(std::move(file));
}

namespace detail {

void CloseFile(FileHandle file) noexcept { close(ToDescriptor(file)); }

std::uint64_t SizeOfFile(FileHandle file) noexcept {
    struct stat about{};
    return fstat(ToDescriptor(file), &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

FileBytes ReadFromFile(const FilePart& part, std::span<std::byte> memory) noexcept {
    const auto read = pread(ToDescriptor(part.file), memory.data(), memory.size(), static_cast<off_t>(part.offset));
    if (read < 0) return {0, errno};
    return {static_cast<std::size_t>(read), 0};
}

}  // namespace detail

}  // namespace iocp
