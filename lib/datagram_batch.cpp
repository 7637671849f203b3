// SPDX-License-Identifier: MIT
#include "datagram_batch.h"

#include "buffer_pool.h"

#include <iocp/operation.h>

#include <cstdint>

namespace iocp::detail {

bool DatagramBatch::Take(IOCP_Operation& operation) {
    if (first_ == end_) return false;
    const Place& oldest = places_[first_++];
    operation.buffer = oldest.buffer;
    operation.transferred = static_cast<std::uint32_t>(oldest.buffer->size);
    operation.truncated = oldest.truncated;
    operation.Far().endpoint = oldest.from;
    return true;
}

std::span<DatagramBatch::Place> DatagramBatch::MakeRoom() noexcept {
    first_ = end_ = 0;
    for (Place& place : places_) {
        place.buffer = buffers_.Acquire();
        if (place.buffer == nullptr) break;
        ++end_;
    }
    return std::span(places_).first(end_);
}

void DatagramBatch::Keep(std::size_t count, bool drained) noexcept {
    drained_ = drained;
    while (end_ > first_ + count) places_[--end_].buffer->GiveBack();
}

}  // namespace iocp::detail
