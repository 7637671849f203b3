// SPDX-License-Identifier: MIT
#include "buffer_pool.h"

#include "misuse.h"

#include <iocp/operation.h>
#include <iocp/received.h>
#include <gsl/assert>

#include <new>
#include <utility>

namespace iocp::detail {

void GiveBack(Buffer* buffer) noexcept { buffer->GiveBack(); }

std::byte* BytesOf(Buffer* buffer) noexcept { return buffer->Bytes(); }

Buffer* Buffer::Make(std::size_t capacity, BufferPool* pool) noexcept {
    void* memory = ::operator new(sizeof(Buffer) + capacity, std::nothrow);
    return memory == nullptr ? nullptr : ::new (memory) Buffer(capacity, pool);
}

void Buffer::Free() noexcept {
    this->~Buffer();
    ::operator delete(static_cast<void*>(this));
}

void Buffer::GiveBack() noexcept {
    if (pool_ != nullptr)
        pool_->Release(*this);
    else
        Free();
}

BufferPool::~BufferPool() {
    if (out_ != 0) Misuse("a Received was kept after its core had stopped");
    Clear();
}

void BufferPool::Clear() noexcept {
    while (free_ != nullptr) {
        Buffer* buffer = free_;
        free_ = buffer->next;
        buffer->Free();
    }
    free_count_ = 0;
}

Buffer* BufferPool::Acquire() noexcept {
    if (out_ == most_out_) return nullptr;
    Buffer* buffer = free_;
    if (buffer != nullptr) {
        free_ = buffer->next;
        --free_count_;
    } else {
        buffer = Buffer::Make(buffer_size_, this);
        if (buffer == nullptr) return nullptr;
    }
    ++out_;
    return buffer;
}

bool BufferPool::LendTo(IOCP_Operation& operation) noexcept {
    Buffer* const buffer = Acquire();
    if (buffer == nullptr) return false;
    operation.buffer = buffer;
    operation.data = buffer->Bytes();
    operation.size = static_cast<std::uint32_t>(buffer->Capacity());
    return true;
}

void BufferPool::TakeBackFrom(IOCP_Operation& operation) noexcept {
    if (Buffer* const buffer = std::exchange(operation.buffer, nullptr)) buffer->GiveBack();
}

void BufferPool::Release(Buffer& buffer) noexcept {
    Expects(out_ > 0);
    --out_;
    if (free_count_ == kKeep) {
        buffer.Free();
        return;
    }
    buffer.next = free_;
    free_ = &buffer;
    ++free_count_;
}

}  // namespace iocp::detail
