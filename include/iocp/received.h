// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>
#include <iocp/result.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace iocp {

namespace detail {
class Buffer;
class PeerConnection;
void GiveBack(Buffer* buffer) noexcept;
std::byte* BytesOf(Buffer* buffer) noexcept;
}  // namespace detail

// What one Recv() brought: a lease on a pooled buffer, or the reason why nothing came.
//
// Owns the lease; the bytes are there until it is destroyed or assigned. Thread rule: stays on its client's worker; to
// hand bytes to another thread, copy them. Hold few at a time: the pool is finite (Options::max_receive_buffers).
class Received : public Result {
public:
    Received() noexcept = default;
    explicit Received(const Result& result, detail::Buffer* buffer = nullptr) noexcept
        : Result(result), buffer_(buffer) {}
    Received(Received&& other) noexcept : Result(other), buffer_(std::exchange(other.buffer_, nullptr)) {}
    Received& operator=(Received&& other) noexcept {
        Result::operator=(other);
        std::swap(buffer_, other.buffer_);
        return *this;
    }
    Received(const Received&) = delete;
    Received& operator=(const Received&) = delete;
    ~Received() {
        if (buffer_ != nullptr) detail::GiveBack(buffer_);
    }

    // The bytes; none after a failure, except what fitted of a datagram that was TooLong.
    [[nodiscard]] std::span<const std::byte> Bytes() const noexcept {
        return {data(), buffer_ != nullptr ? size() : 0};
    }
    [[nodiscard]] std::string_view Text() const noexcept {
        return {reinterpret_cast<const char*>(data()), Bytes().size()};
    }

    // A contiguous range, so that it can be sent as it is.
    [[nodiscard]] const std::byte* data() const noexcept {
        return buffer_ != nullptr ? detail::BytesOf(buffer_) : nullptr;
    }
    [[nodiscard]] const std::byte* begin() const noexcept { return data(); }
    [[nodiscard]] const std::byte* end() const noexcept { return data() + Bytes().size(); }

private:
    friend class detail::PeerConnection;

    detail::Buffer* buffer_ = nullptr;
};

// A datagram with its sender.
class Datagram : public Received {
public:
    Datagram() noexcept = default;
    Datagram(Received&& received, const Endpoint& from) noexcept : Received(std::move(received)), from_(from) {}

    [[nodiscard]] const Endpoint& From() const noexcept { return from_; }

private:
    Endpoint from_;
};

}  // namespace iocp
