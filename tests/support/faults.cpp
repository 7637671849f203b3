// SPDX-License-Identifier: MIT
#include "support/faults.h"

#include "socket.h"

#include <algorithm>
#include <deque>

namespace iocp_test {

namespace {

using iocp::detail::Failure;
using iocp::detail::OperationQueue;
using iocp::detail::Submission;
using Kind = IOCP_Operation::Kind;

class FaultyEngine final : public EngineDecorator {
public:
    FaultyEngine(std::unique_ptr<Engine> inner, FaultyNetwork& network, std::uint64_t seed,
                 const FaultyNetwork::Chances& chances) noexcept
        : EngineDecorator(std::move(inner)), network_(network), random_(seed), chances_(chances) {}
    ~FaultyEngine() override { network_.Add(fired_); }

    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override {
        if (operation.kind == Kind::SendTo) return Inner().Submit(operation);
        if (const int code = FailureFor(operation.kind); code != 0) {
            operation.native_code = code;
            operation.transferred = 0;
            return AtOnceOrLater(operation);
        }
        const bool counts =
            operation.kind == Kind::Recv || operation.kind == Kind::Send || operation.kind == Kind::SendFile;
        if (counts && operation.size > 1 && Fires(Fault::ShortCount))
            operation.size = 1 + static_cast<std::uint32_t>(random_.Below(operation.size - 1));
        return Inner().Submit(operation) == Submission::Pending ? PendingOrAtOnce(operation) : AtOnceOrLater(operation);
    }

    // Every send is an operation here, which faults can happen to.
    [[nodiscard]] std::ptrdiff_t SendAtOnce(iocp::SocketHandle, std::span<const std::byte>) noexcept override {
        return 0;
    }

    void Cancel(IOCP_Operation& operation) noexcept override {
        const bool held =
            std::any_of(held_.begin(), held_.end(), [&](const Held& each) { return each.operation == &operation; });
        if (!held) Inner().Cancel(operation);  // otherwise it has ended already, which nobody knows yet
    }

    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override {
        if (Fires(Fault::SpareWake)) Inner().Wake();
        OperationQueue now;
        Inner().Wait(now, timeout);
        while (!now.Empty()) {
            IOCP_Operation& operation = now.Pop();
            if (Fires(Fault::EndLater))
                Hold(operation);
            else
                ended.Push(operation);
        }
        YieldHeld(ended);
    }

private:
    struct Held {
        IOCP_Operation* operation;
        std::uint64_t waits;
    };

    [[nodiscard]] bool Tries(Fault fault) noexcept {
        return random_.Chance(chances_.at(static_cast<std::size_t>(fault)));
    }

    void Count(Fault fault) noexcept { ++fired_.at(static_cast<std::size_t>(fault)); }

    [[nodiscard]] bool Fires(Fault fault) noexcept {
        const bool fires = Tries(fault);
        if (fires) Count(fault);
        return fires;
    }

    // Of both kinds, after one of which the core waits: so that a seed means the same on every platform.
    int AcceptFailure() noexcept {
        const bool gone = random_.Chance(0.5);
        const auto& codes = AcceptFailures();
        std::size_t at = random_.Below(codes.size());
        while (iocp::detail::IsClientGone(codes[at]) != gone) at = (at + 1) % codes.size();
        return codes[at];
    }

    // The native code with which the operation is to fail, or 0.
    int FailureFor(Kind kind) noexcept {
        if (kind == Kind::Accept && Fires(Fault::FailAccept)) return AcceptFailure();
        if (kind == Kind::RecvLent && Fires(Fault::NoBuffer)) return NativeCodeOf(Failure::NoBuffers);
        const bool other = kind == Kind::Accept || kind == Kind::RecvFrom;
        return !other && Fires(Fault::FailStream) ? NativeCodeOf(Failure::Reset) : 0;
    }

    Submission AtOnceOrLater(IOCP_Operation& operation) noexcept {
        if (!Fires(Fault::NotAtOnce)) return Submission::Finished;
        Hold(operation);
        return Submission::Pending;
    }

    Submission PendingOrAtOnce(IOCP_Operation& operation) noexcept {
        if (!Tries(Fault::AtOnce)) return Submission::Pending;
        OperationQueue now;
        Inner().Wait(now, std::chrono::nanoseconds::zero());
        Inner().Wake();  // this wait may have taken a wake-up that was meant for the next
        auto submission = Submission::Pending;
        while (!now.Empty()) {
            IOCP_Operation& ended = now.Pop();
            if (&ended == &operation)
                submission = Submission::Finished;
            else
                Hold(ended);
        }
        if (submission == Submission::Finished) Count(Fault::AtOnce);
        return submission;
    }

    void Hold(IOCP_Operation& operation) noexcept {
        operation.state = IOCP_Operation::State::Pending;
        held_.push_back({&operation, random_.Below(4)});
        Inner().Wake();  // nothing else may end the next wait
    }

    void YieldHeld(OperationQueue& ended) noexcept {
        for (auto each = held_.begin(); each != held_.end();) {
            if (each->waits-- > 0) {
                ++each;
                continue;
            }
            each->operation->state = IOCP_Operation::State::Acquired;
            ended.Push(*each->operation);
            each = held_.erase(each);
        }
        if (!held_.empty()) Inner().Wake();
    }

    FaultyNetwork& network_;
    iocp::detail::Random random_;
    const FaultyNetwork::Chances chances_;
    FaultyNetwork::Counts fired_{};
    std::deque<Held> held_;
};

}  // namespace

std::string_view NameOf(Fault fault) noexcept {
    switch (fault) {
        case Fault::FailAccept: return "fail_accept";
        case Fault::FailStream: return "fail_stream";
        case Fault::NoBuffer: return "no_buffer";
        case Fault::ShortCount: return "short_count";
        case Fault::EndLater: return "end_later";
        case Fault::NotAtOnce: return "not_at_once";
        case Fault::AtOnce: return "at_once";
        case Fault::SpareWake: return "spare_wake";
        case Fault::Count: break;
    }
    return "unknown";
}

std::unique_ptr<iocp::detail::Engine> FaultyNetwork::MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                iocp::detail::BufferPool& buffers) {
    auto inner = NetworkDecorator::MakeEngine(kind, options, buffers);
    const std::lock_guard lock(mutex_);
    return std::make_unique<FaultyEngine>(std::move(inner), *this, seeds_.Next(), chances_);
}

void FaultyNetwork::Add(const Counts& fired) {
    const std::lock_guard lock(mutex_);
    std::transform(fired.begin(), fired.end(), fired_.begin(), fired_.begin(), std::plus<>());
}

FaultyNetwork::Counts FaultyNetwork::Fired() const {
    const std::lock_guard lock(mutex_);
    return fired_;
}

std::string FaultyNetwork::Json() const {
    const Counts fired = Fired();
    std::string text = "{";
    for (std::size_t i = 0; i < kFaults; ++i)
        text.append(i == 0 ? "\"" : ", \"")
            .append(NameOf(static_cast<Fault>(i)))
            .append("\": ")
            .append(std::to_string(fired.at(i)));
    return text + "}";
}

}  // namespace iocp_test
