// SPDX-License-Identifier: MIT
// Replaces operator new and delete. In a file of its own, so that no call of one can be seen without the other.
#include "counted_allocations.h"

#include <cstdlib>
#include <new>

namespace iocp_test {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> pieces_in_use = 0;

}  // namespace iocp_test

void* operator new(std::size_t size) {
    ++iocp_test::allocations;
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    ++iocp_test::pieces_in_use;
    return memory;
}
void operator delete(void* memory) noexcept {
    if (memory != nullptr) --iocp_test::pieces_in_use;
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
