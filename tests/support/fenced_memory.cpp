// SPDX-License-Identifier: MIT
#include "support/fenced_memory.h"

#include "support/pages.h"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

namespace iocp_test {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kAlignment = 16;
constexpr std::size_t kReserve = std::size_t{1} << 30;
constexpr std::uint64_t kMark = 0x66656e6365642121;

// At the beginning of a piece's first page.
struct alignas(kAlignment) Header {
    std::uint64_t mark;
    std::size_t bytes;  // whole pages
};

std::size_t RoundUp(std::size_t size, std::size_t step) noexcept { return (size + step - 1) / step * step; }

// Addresses are given out once, from one end to the other. Usable before the first constructor of the program.
std::mutex mutex;
std::byte* next = nullptr;
std::size_t left = 0;
std::size_t fenced = 0;

std::byte* NextPages(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex);
    if (left < bytes) {
        left = bytes > kReserve ? bytes : kReserve;
        next = ReservePages(left);
        if (next == nullptr) left = 0;
        if (left == 0) return nullptr;
    }
    std::byte* const pages = next;
    next += bytes;
    left -= bytes;
    return pages;
}

}  // namespace

void* TakeFenced(std::size_t size) noexcept {
    const std::size_t wanted = RoundUp(size, kAlignment);
    const std::size_t bytes = RoundUp(wanted + sizeof(Header), kPage);
    std::byte* const pages = NextPages(bytes);
    if (pages == nullptr || !OpenPages(pages, bytes)) return nullptr;
    ::new (pages) Header{kMark, bytes};
    return pages + bytes - wanted;
}

void Fence(void* memory) noexcept {
    if (memory == nullptr) return;
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    // A piece of a page's size and no more begins at the end of the first page.
    auto* const header = reinterpret_cast<Header*>((address - 1) / kPage * kPage);
    if (header->mark != kMark) std::abort();
    const std::size_t bytes = header->bytes;
    if (!ClosePages(reinterpret_cast<std::byte*>(header), bytes)) std::abort();
    const std::lock_guard lock(mutex);
    fenced += bytes;
}

std::size_t FencedBytes() noexcept {
    const std::lock_guard lock(mutex);
    return fenced;
}

}  // namespace iocp_test
