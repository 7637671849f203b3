// SPDX-License-Identifier: MIT
#include "support/ledger.h"

#include "buffer_pool.h"
#include "misuse.h"
#include "socket.h"
#include "support/platform.h"
#include "worker.h"

#include <unordered_map>

namespace iocp_test {

namespace {

using iocp::detail::Activity;
using iocp::detail::BufferPool;
using iocp::detail::Misuse;
using iocp::detail::OperationQueue;
using iocp::detail::Submission;
using iocp::detail::Worker;

// Who has issued an operation.
struct Issuer {
    IOCP_Operation::Kind kind;
    Activity::Seen doing;  // at the time

    [[nodiscard]] std::string Description() const {
        std::string text(NameOf(kind));
        text.append(" of client ").append(std::to_string(doing.client_id));
        if (doing.line != 0) text.append(", awaited at ").append(doing.file).append(":" + std::to_string(doing.line));
        return text;
    }
};

class LedgerEngine final : public EngineDecorator {
public:
    LedgerEngine(std::unique_ptr<Engine> inner, LedgerNetwork& network, const BufferPool& buffers) noexcept
        : EngineDecorator(std::move(inner)), network_(network), buffers_(buffers) {}
    ~LedgerEngine() override {
        for (const auto& [operation, issuer] : out_) Tell("an engine ends while the kernel has an operation", issuer);
        EndInner();  // gives back the buffers that it keeps ready
        network_.Close(books_, buffers_.Out());
    }

    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override {
        const Issuer issuer{operation.kind, Now()};
        if (operation.state != IOCP_Operation::State::Acquired)
            Tell("an operation is issued that nobody has acquired", issuer);
        if (out_.contains(&operation)) Tell("an operation is issued twice", issuer);
        Entries& entries = EntriesOf(operation);
        ++entries.issued;
        const Submission submission = Inner().Submit(operation);
        if (submission == Submission::Pending) {
            out_.emplace(&operation, issuer);
        } else {
            ++entries.at_once;
            WriteDown(operation, issuer);
        }
        return submission;
    }

    void Cancel(IOCP_Operation& operation) noexcept override {
        if (!out_.contains(&operation))
            Tell("an operation is cancelled that is not under way", {operation.kind, Now()});
        ++EntriesOf(operation).asked_to_cancel;
        Inner().Cancel(operation);
    }

    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override {
        OperationQueue now;
        Inner().Wait(now, timeout);
        while (!now.Empty()) {
            IOCP_Operation& operation = now.Pop();
            const auto issued = out_.extract(&operation);
            if (!issued) Tell("an operation ends that is not under way", {operation.kind, {}});
            WriteDown(operation, issued.mapped());
            ended.Push(operation);
        }
    }

private:
    [[noreturn]] void Tell(const std::string& what, const Issuer& issuer) noexcept {
        Misuse(what + ": " + issuer.Description() + ", on " + std::string(Name()));
    }

    [[nodiscard]] static Activity::Seen Now() noexcept {
        Worker* const worker = Worker::Current();
        return worker == nullptr ? Activity::Seen{} : worker->Doing().Look();
    }

    Entries& EntriesOf(const IOCP_Operation& operation) { return books_.at(static_cast<std::size_t>(operation.kind)); }

    void WriteDown(const IOCP_Operation& operation, const Issuer& issuer) {
        if (operation.native_code == BadAddressCode()) Tell("the kernel was to use memory that is not there", issuer);
        Entries& entries = EntriesOf(operation);
        const bool cancelled = operation.cancel_requested && iocp::detail::IsCancelled(operation.native_code);
        ++(operation.native_code == 0 ? entries.worked : cancelled ? entries.cancelled : entries.failed);
    }

    LedgerNetwork& network_;
    const BufferPool& buffers_;
    LedgerNetwork::Books books_{};
    std::unordered_map<const IOCP_Operation*, Issuer> out_;
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
        case IOCP_Operation::Kind::SendFile: return "send_file";
        case IOCP_Operation::Kind::SendTo: return "send_to";
    }
    return "unknown";
}

std::unique_ptr<iocp::detail::Engine> LedgerNetwork::MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                iocp::detail::BufferPool& buffers) {
    auto inner = NetworkDecorator::MakeEngine(kind, options, buffers);
    return std::make_unique<LedgerEngine>(std::move(inner), *this, buffers);
}

void LedgerNetwork::Close(const Books& books, std::size_t buffers_out) {
    const std::lock_guard lock(mutex_);
    buffers_out_ += buffers_out;
    for (std::size_t i = 0; i < kKinds; ++i) Add(closed_.at(i), books.at(i));
}

LedgerNetwork::Books LedgerNetwork::Closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

std::size_t LedgerNetwork::BuffersOut() const {
    const std::lock_guard lock(mutex_);
    return buffers_out_;
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
