// SPDX-License-Identifier: MIT
#include "file_access.h"
#include "system_headers.h"

#include <iocp/file.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace iocp {

namespace {

HANDLE ToHandle(FileHandle file) noexcept { return reinterpret_cast<HANDLE>(file); }

Result Failed(DWORD code) noexcept { return Result(Outcome::SystemError, 0, static_cast<int>(code)); }

}  // namespace

Value<File> File::Open(const std::filesystem::path& path) {
    constexpr DWORD kSharing = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const HANDLE handle =
        CreateFileW(path.c_str(), GENERIC_READ, kSharing, nullptr, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, nullptr);
    if (handle == INVALID_HANDLE_VALUE) return Value<File>(Failed(GetLastError()));
    File file(reinterpret_cast<FileHandle>(handle));
    if (GetFileType(handle) != FILE_TYPE_DISK) return Value<File>(Failed(ERROR_BAD_FILE_TYPE));
    return Value<File>(std::move(file));
}

namespace detail {

void CloseFile(FileHandle file) noexcept { CloseHandle(ToHandle(file)); }

std::uint64_t SizeOfFile(FileHandle file) noexcept {
    LARGE_INTEGER size{};
    return GetFileSizeEx(ToHandle(file), &size) ? static_cast<std::uint64_t>(size.QuadPart) : 0;
}

FileBytes ReadFromFile(const FilePart& part, std::span<std::byte> memory) noexcept {
    OVERLAPPED from{};
    from.Offset = static_cast<DWORD>(part.offset);
    from.OffsetHigh = static_cast<DWORD>(part.offset >> 32);
    const auto most = static_cast<DWORD>(std::min<std::size_t>(memory.size(), std::numeric_limits<DWORD>::max()));
    DWORD read = 0;
    if (ReadFile(ToHandle(part.file), memory.data(), most, &read, &from)) return {read, 0};
    const DWORD code = GetLastError();
    return {0, code == ERROR_HANDLE_EOF ? 0 : static_cast<int>(code)};
}

}  // namespace detail

}  // namespace iocp
