// SPDX-License-Identifier: MIT
#include "support/ledger.h"

#include "misuse.h"
#include "socket.h"

#include <unordered_set>

namespace iocp_test {

namespace {

using iocp::detail::Misuse;
using iocp::detail::OperationQueue;
using iocp::detail::Submission;

class LedgerEngine final : public EngineDecorator {
public:
    LedgerEngine(std::unique_ptr<Engine> inner, LedgerNetwork& network) noexcept
        : EngineDecorator(std::move(inner)), network_(network) {}
    ~LedgerEngine() override {
        if (!out_.empty()) Misuse("an engine ends while the kernel has operations of it");
        network_.Close(books_);
    }

    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override {
        if (operation.state != IOCP_Operation::State::Acquired)
            Misuse("an operation is issued that nobody has acquired");
        if (out_.contains(&operation)) Misuse("an operation is issued twice");
        Entries& entries = EntriesOf(operation);
        ++entries.issued;
        const Submission submission = Inner().Submit(operation);
        if (submission == Submission::Pending) {
            out_.insert(&operation);
        } else {
            ++entries.at_once;
            WriteDown(operation);
        }
        return submission;
    }

    void Cancel(IOCP_Operation& operation) noexcept override {
        if (!out_.contains(&operation)) Misuse("an operation is cancelled that is not under way");
        ++EntriesOf(operation).asked_to_cancel;
        Inner().Cancel(operation);
    }

    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override {
        OperationQueue now;
        Inner().Wait(now, timeout);
        while (!now.Empty()) {
            IOCP_Operation& operation = now.Pop();
            if (out_.erase(&operation) == 0) Misuse("an operation ends that is not under way");
            WriteDown(operation);
            ended.Push(operation);
        }
    }

private:
    Entries& EntriesOf(const IOCP_Operation& operation) { return books_.at(static_cast<std::size_t>(operation.kind)); }

    void WriteDown(const IOCP_Operation& operation) {
        Entries& entries = EntriesOf(operation);
        if (operation.native_code == 0)
            ++entries.worked;
        else if (operation.cancel_requested && iocp::detail::IsCancelled(operation.native_code))
            ++entries.cancelled;
        else
            ++entries.failed;
    }

    LedgerNetwork& network_;
    LedgerNetwork::Books books_{};
    std::unordered_set<const IOCP_Operation*> out_;
};

void Add(Entries& sum, const Entries& more) noexcept {
    sum.issued += more.issued;
    sum.at_once += more.at_once;
    sum.worked += more.worked;
    sum.cancelled += more.cancelled;
    sum.failed += more.failed;
    sum.asked_to_cancel += more.asked_to_cancel;
}

std::string Json(const Entries& entries) {
    return "\"issued\": " + std::to_string(entries.issued) + ", \"finished\": " + std::to_string(entries.Finished()) +
           ", \"at_once\": " + std::to_string(entries.at_once) + ", \"worked\": " + std::to_string(entries.worked) +
           ", \"cancelled\": " + std::to_string(entries.cancelled) + ", \"failed\": " + std::to_string(entries.failed) +
           ", \"asked_to_cancel\": " + std::to_string(entries.asked_to_cancel);
}

}  // namespace

std::string_view NameOf(IOCP_Operation::Kind kind) noexcept {
    switch (kind) {
        case IOCP_Operation::Kind::Accept: return "accept";
        case IOCP_Operation::Kind::Connect: return "connect";
        case IOCP_Operation::Kind::Recv: return "recv";
        case IOCP_Operation::Kind::RecvLent: return "recv_lent";
        case IOCP_Operation::Kind::RecvFrom: return "recv_from";
        case IOCP_Operation::Kind::Send: return "send";
        case IOCP_Operation::Kind::SendTo: return "send_to";
    }
    return "unknown";
}

std::unique_ptr<iocp::detail::Engine> LedgerNetwork::MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                iocp::detail::BufferPool& buffers) {
    return std::make_unique<LedgerEngine>(NetworkDecorator::MakeEngine(kind, options, buffers), *this);
}

void LedgerNetwork::Close(const Books& books) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kKinds; ++i) Add(closed_.at(i), books.at(i));
}

LedgerNetwork::Books LedgerNetwork::Closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

Entries LedgerNetwork::Sum() const {
    Entries sum;
    for (const Entries& each : Closed()) Add(sum, each);
    return sum;
}

std::string LedgerNetwork::Json() const {
    std::string text("{");
    text.append(iocp_test::Json(Sum()));
    const Books books = Closed();
    for (std::size_t i = 0; i < kKinds; ++i)
        text.append(", \"")
            .append(NameOf(static_cast<IOCP_Operation::Kind>(i)))
            .append("\": {")
            .append(iocp_test::Json(books.at(i)))
            .append("}");
    return text + "}";
}

}  // namespace iocp_test
