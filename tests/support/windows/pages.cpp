// SPDX-License-Identifier: MIT
#include "support/pages.h"

#include <windows.h>

namespace iocp_test {

std::byte* ReservePages(std::size_t bytes) noexcept {
    return static_cast<std::byte*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS));
}

bool OpenPages(std::byte* pages, std::size_t bytes) noexcept {
    return VirtualAlloc(pages, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

bool ClosePages(std::byte* pages, std::size_t bytes) noexcept { return VirtualFree(pages, bytes, MEM_DECOMMIT) != 0; }

}  // namespace iocp_test
