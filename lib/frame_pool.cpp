// SPDX-License-Identifier: MIT
#include <iocp/frame_pool.h>

namespace iocp::detail {

void* NewFrame(std::size_t size) { return ::operator new(FramePool::RoundUp(size)); }

void DeleteFrame(void* memory) noexcept { ::operator delete(memory); }

void FramePool::Clear() noexcept {
    for (List& list : lists_) {
        while (list.first != nullptr) {
            Piece* const piece = list.first;
            list.first = piece->next;
            DeleteFrame(piece);
        }
        list.count = 0;
    }
}

}  // namespace iocp::detail
