// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/result.h>
#include <iocp/shared_wait.h>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace iocp {

// Values on their way from coroutines, and other threads, to coroutines of any worker: at most `capacity` of them, in
// the order in which they were sent.
// Owner: yours; it must outlive those that wait. Thread rule: any thread, except that Send and Receive are for
// coroutines of a core.
template <class T>
class Channel final : private detail::WaitSource {
    class SendWait;
    class ReceiveWait;

public:
    // At least one.
    explicit Channel(std::size_t capacity) noexcept : capacity_(capacity > 0 ? capacity : 1) {}
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // Waits for room. Takes the value from `value`, which must live until the call has ended, when it is accepted.
    // Yields a Result: Closed, Timeout, Stopped.
    [[nodiscard]] Awaitable<SendWait> Send(T&& value) noexcept { return Awaitable<SendWait>({this, &value}); }

    // The same without waiting. Full, Closed.
    [[nodiscard]] Result TrySend(T value) {
        const std::lock_guard lock(mutex_);
        if (closed_) return Result(Outcome::Closed);
        if (Accept(value)) return Result();
        return Result(Outcome::Full);
    }

    // Waits for the next value. Yields a Value<T>: Closed when the channel was closed and everything was taken;
    // Timeout, Stopped.
    [[nodiscard]] Awaitable<ReceiveWait> Receive() noexcept { return Awaitable<ReceiveWait>(this); }

    // Takes nothing in any more. What is in it is still received.
    void Close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        while (!senders_.Empty()) senders_.Pop().Grant(Outcome::Closed);
        while (!receivers_.Empty()) receivers_.Pop().Grant(Outcome::Closed);
    }

    [[nodiscard]] std::size_t Size() const {
        const std::lock_guard lock(mutex_);
        return values_.size();
    }

private:
    // A sender's slot is its value. A receiver's is the place for one.
    class SendWait final : public detail::SharedWait {
    public:
        struct Request {
            Channel* channel;
            T* value;
        };

        SendWait(Request asked, detail::Deadline at_most) noexcept
            : SharedWait(*asked.channel, asked.value, at_most), request_(asked) {
            this->is_sender = true;
        }
        [[nodiscard]] Result Take() const noexcept { return this->result; }

        [[nodiscard]] const Request& Asked() const noexcept { return request_; }

    private:
        const Request request_;
    };

    class ReceiveWait final : public detail::SharedWait {
    public:
        using Request = Channel*;

        ReceiveWait(Request asked, detail::Deadline at_most) noexcept
            : SharedWait(*asked, &value_, at_most), request_(asked) {}
        [[nodiscard]] Value<T> Take() noexcept {
            return this->result ? Value<T>(std::move(*value_)) : Value<T>(this->result);
        }

        [[nodiscard]] const Request& Asked() const noexcept { return request_; }

    private:
        const Request request_;
        std::optional<T> value_;
    };

    static T& ValueOf(detail::SharedWait& sender) noexcept { return *static_cast<T*>(sender.slot); }
    static std::optional<T>& PlaceOf(detail::SharedWait& receiver) noexcept {
        return *static_cast<std::optional<T>*>(receiver.slot);
    }

    // Under the lock: takes a sent value in, where there is room or somebody waits for it.
    bool Accept(T& value) {
        if (!receivers_.Empty()) {
            detail::SharedWait& receiver = receivers_.Pop();
            PlaceOf(receiver).emplace(std::move(value));
            receiver.Grant();
            return true;
        }
        if (values_.size() >= capacity_) return false;
        values_.push_back(std::move(value));
        return true;
    }

    bool TakeOrQueue(detail::SharedWait& wait) override {
        const std::lock_guard lock(mutex_);
        return wait.is_sender ? SendOrQueue(wait) : ReceiveOrQueue(wait);
    }

    bool SendOrQueue(detail::SharedWait& sender) {
        if (closed_) {
            sender.EndsAs(Outcome::Closed);
            return true;
        }
        if (Accept(ValueOf(sender))) return true;
        senders_.Push(sender);
        return false;
    }

    bool ReceiveOrQueue(detail::SharedWait& receiver) {
        if (values_.empty()) {
            if (closed_) {
                receiver.EndsAs(Outcome::Closed);
                return true;
            }
            receivers_.Push(receiver);
            return false;
        }
        PlaceOf(receiver).emplace(std::move(values_.front()));
        values_.pop_front();
        if (!senders_.Empty()) {
            detail::SharedWait& sender = senders_.Pop();
            values_.push_back(std::move(ValueOf(sender)));
            sender.Grant();
        }
        return true;
    }

    bool GiveUp(detail::SharedWait& wait) noexcept override {
        const std::lock_guard lock(mutex_);
        return (wait.is_sender ? senders_ : receivers_).Remove(wait);
    }

    // A value that was handed to a receiver that is no more is lost with it.
    void TakeBack(detail::SharedWait&) noexcept override {}

    mutable std::mutex mutex_;
    const std::size_t capacity_;
    std::deque<T> values_;
    detail::WaitQueue senders_;
    detail::WaitQueue receivers_;
    bool closed_ = false;
};

}  // namespace iocp
