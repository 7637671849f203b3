// SPDX-License-Identifier: MIT
// Replaces operator new and delete. In a file of its own, so that no call of one can be seen without the other.
#include "counted_allocations.h"

#include <cstdlib>
#include <new>

namespace iocp_test {

std::atomic<std::size_t> allocations = 0;

}  // namespace iocp_test

void* operator new(std::size_t size) {
    ++iocp_test::allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
