// SPDX-License-Identifier: MIT
#include "provided_buffers.h"

#include "buffer_pool.h"
#include "socket.h"

#include <iocp/options.h>

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::size_t kFewest = 16;
constexpr unsigned kTurnsBetweenLooks = 256;

std::size_t BytesFor(std::size_t count) noexcept { return count * sizeof(io_uring_buf); }

}  // namespace

ProvidedBuffers::ProvidedBuffers(io_uring& ring, BufferPool& pool, std::uint32_t count)
    : ring_(ring), pool_(pool), held_(count) {
    // The kernel wants whole pages of their own (io_uring_register_buf_ring(3)).
    void* memory = mmap(nullptr, BytesFor(count), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (memory == MAP_FAILED) throw StartError("no memory for provided buffers: " + DescribeNativeCode(errno), errno);
    shared_ = static_cast<io_uring_buf_ring*>(memory);
    empty_.reserve(count);
    if (const int code = Register(); code != 0) {
        munmap(memory, BytesFor(count));
        throw StartError("cannot register provided buffers: " + DescribeNativeCode(code), code);
    }
    Fill();
}

ProvidedBuffers::~ProvidedBuffers() {
    munmap(shared_, BytesFor(held_.size()));
    GiveAllBack();
}

int ProvidedBuffers::Register() noexcept {
    io_uring_buf_ring_init(shared_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(shared_);
    registration.ring_entries = static_cast<std::uint32_t>(held_.size());
    registration.bgid = kGroup;
    const int code = -io_uring_register_buf_ring(&ring_, &registration, 0);
    registered_ = code == 0;
    if (!registered_) return code;
    empty_.clear();
    for (std::size_t place = 0; place < held_.size(); ++place) empty_.push_back(static_cast<std::uint16_t>(place));
    wanted_ = least_left_ = std::min(held_.size(), kFewest);
    return 0;
}

void ProvidedBuffers::GiveAllBack() noexcept {
    for (Buffer*& buffer : held_)
        if (buffer != nullptr) std::exchange(buffer, nullptr)->GiveBack();
}

void ProvidedBuffers::StartAnew() noexcept {
    start_anew_ = true;
    StartAnewIfNoneIsNamed();
}

// A buffer that the kernel was shown can be had back with the whole group only. No receive can miss it meanwhile: they
// are worked off when this thread waits. But completions that were not seen yet name buffers, by their places.
void ProvidedBuffers::StartAnewIfNoneIsNamed() noexcept {
    if (io_uring_cq_ready(&ring_) > 0 || io_uring_cq_has_overflow(&ring_)) return;
    start_anew_ = false;
    if (registered_ && io_uring_unregister_buf_ring(&ring_, kGroup) != 0) return;  // they stay
    GiveAllBack();
    start_anew_ = Register() != 0;
    if (registered_) Fill();
}

Buffer* ProvidedBuffers::Take(const io_uring_cqe& completion) {
    const auto place = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    Buffer* taken = held_[place];
    held_[place] = nullptr;
    empty_.push_back(place);
    return taken;
}

void ProvidedBuffers::Refill() {
    has_grown_ = false;
    if (start_anew_) StartAnewIfNoneIsNamed();
    if (!registered_) return;  // there is no memory for it
    least_left_ = std::min(least_left_, held_.size() - empty_.size());
    if (++turns_ == kTurnsBetweenLooks) ShrinkIfTooMany();
    Fill();
}

void ProvidedBuffers::ShrinkIfTooMany() noexcept {
    if (wanted_ > kFewest && least_left_ > wanted_ / 2) wanted_ /= 2;
    turns_ = 0;
    least_left_ = wanted_;
}

bool ProvidedBuffers::Grow() {
    if (!registered_) return false;
    if (!std::exchange(has_grown_, true)) wanted_ = std::min(2 * wanted_, held_.size());
    Fill();
    return empty_.size() < held_.size();
}

void ProvidedBuffers::Fill() {
    int added = 0;
    for (; held_.size() - empty_.size() < wanted_; ++added) {
        Buffer* const buffer = pool_.Acquire();
        if (buffer == nullptr) break;
        const std::uint16_t place = empty_.back();
        empty_.pop_back();
        held_[place] = buffer;
        io_uring_buf_ring_add(shared_, buffer->Bytes(), static_cast<unsigned>(buffer->Capacity()), place,
                              io_uring_buf_ring_mask(static_cast<std::uint32_t>(held_.size())), added);
    }
    if (added > 0) io_uring_buf_ring_advance(shared_, added);
}

}  // namespace iocp::detail
