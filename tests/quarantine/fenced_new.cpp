// SPDX-License-Identifier: MIT
// Every allocation of the program comes from fenced memory. In a file of its own, so that no call of one can be seen
// without the other.
#include "support/fenced_memory.h"

#include <new>

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return iocp_test::TakeFenced(size); }

void* operator new(std::size_t size) {
    if (void* const memory = iocp_test::TakeFenced(size)) return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { iocp_test::Fence(memory); }
void operator delete(void* memory, std::size_t) noexcept { iocp_test::Fence(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { iocp_test::Fence(memory); }
