// SPDX-License-Identifier: MIT
#include "support/pages.h"

#include <sys/mman.h>

namespace iocp_test {

namespace {

constexpr int kAddressesOnly = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

}  // namespace

std::byte* ReservePages(std::size_t bytes) noexcept {
    void* const pages = mmap(nullptr, bytes, PROT_NONE, kAddressesOnly, -1, 0);
    return pages == MAP_FAILED ? nullptr : static_cast<std::byte*>(pages);
}

bool OpenPages(std::byte* pages, std::size_t bytes) noexcept {
    return mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0;
}

// A new mapping: neighbours that are closed become one with it, and the number of mappings is limited.
bool ClosePages(std::byte* pages, std::size_t bytes) noexcept {
    return mmap(pages, bytes, PROT_NONE, kAddressesOnly | MAP_FIXED, -1, 0) != MAP_FAILED;
}

}  // namespace iocp_test
