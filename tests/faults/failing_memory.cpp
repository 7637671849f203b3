// SPDX-License-Identifier: MIT
// Replaces operator new and delete. In a file of its own, so that no call of one can be seen without the other.
#include "failing_memory.h"

#include "worker.h"

#include <cstdlib>
#include <new>

namespace iocp_test {

bool FailingMemory::FailsNow() noexcept {
    if (left_ == 0 || spared_ != 0 || iocp::detail::Worker::Current() == nullptr || --left_ != 0) return false;
    return failed_ = true;
}

}  // namespace iocp_test

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return iocp_test::FailingMemory::FailsNow() ? nullptr : std::malloc(size);
}
void* operator new(std::size_t size) {
    void* const memory = operator new(size, std::nothrow);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
