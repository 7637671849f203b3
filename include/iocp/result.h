// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace iocp {

// How an awaited call ended; the same on every engine.
enum class Outcome : std::uint8_t {
    Ok,
    Closed,       // the peer ended its side in order (TCP end of stream)
    Reset,        // the peer, or the network, broke the connection
    Timeout,      // the deadline of the call passed, or the client was silent or slow for too long
    Stopped,      // the client was closed on this side, or the core is stopping
    Full,         // a limit or a kernel queue was full; nothing was transferred
    TooLong,      // a datagram was longer than the memory for it; what fitted is there. Or a frame than its maximum,
                  // or what was to be sent of a file than the file
    SystemError,  // anything else; NativeCode() says what
};

// The outcome as one English word: "ok", "closed", "reset"...
[[nodiscard]] std::string_view ToString(Outcome outcome) noexcept;

// What an awaited call yields: true when it worked, and otherwise why it did not.
// A value without an owner; safe to copy anywhere.
class Result {
public:
    Result() noexcept = default;
    explicit Result(Outcome outcome, std::size_t size = 0, int native_code = 0) noexcept
        : size_(size), native_code_(native_code), outcome_(outcome) {}

    explicit operator bool() const noexcept { return outcome_ == Outcome::Ok; }
    [[nodiscard]] Outcome Why() const noexcept { return outcome_; }

    // Bytes transferred. After a failure: those that were transferred before it.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // The system's own code (errno, or a Winsock code on Windows); 0 where none was involved.
    [[nodiscard]] int NativeCode() const noexcept { return native_code_; }

    // A sentence for a log: the outcome, with the system's text where a native code is known.
    [[nodiscard]] std::string Message() const;

private:
    std::size_t size_ = 0;
    int native_code_ = 0;
    Outcome outcome_ = Outcome::Ok;
};

// A result with a value: true when it worked, and then `*value` is what came of it.
template <class T>
class Value : public Result {
public:
    explicit Value(const Result& failure) noexcept : Result(failure) {}
    Value(const Result& result, T value) : Result(result), value_(std::move(value)) {}
    explicit Value(T value) : value_(std::move(value)) {}

    // Only where there is one: where it worked, and after a task that returned though its deadline had passed.
    [[nodiscard]] T& operator*() noexcept { return *value_; }
    [[nodiscard]] const T& operator*() const noexcept { return *value_; }
    [[nodiscard]] T* operator->() noexcept { return &*value_; }
    [[nodiscard]] const T* operator->() const noexcept { return &*value_; }

private:
    std::optional<T> value_;
};

}  // namespace iocp
