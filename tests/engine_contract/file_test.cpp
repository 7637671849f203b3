// SPDX-License-Identifier: MIT
#include "contract.h"
#include "support/platform.h"
#include "support/temporary_file.h"

#include <iocp/file.h>

#include <algorithm>
#include <thread>

namespace iocp_test {

namespace {

using iocp::detail::FilePart;

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

}  // namespace

class FileContract : public EngineContract {
protected:
    // A file that lives until the engine is gone.
    iocp::FileHandle Open(std::string_view content, std::uint64_t zeros = 0) {
        auto opened = iocp::File::Open(on_disk_.emplace_back(content, zeros).Path());
        if (!opened) throw std::runtime_error(opened.Message());
        return files_.emplace_back(std::move(*opened)).Handle();
    }

    IOCP_Operation& NewSendFile(SocketHandle socket, const FilePart& part, std::size_t size) {
        IOCP_Operation& operation = New(Kind::SendFile, socket);
        operation.part = &parts_.emplace_back(part);
        operation.size = static_cast<std::uint32_t>(size);
        return operation;
    }

    // Sends as long as it ends at once; then it is pending. `part` and `size` are then what it was asked for.
    IOCP_Operation& FillUp(SocketHandle socket, FilePart& part, std::size_t& size) {
        for (;;) {
            IOCP_Operation& send = NewSendFile(socket, part, size);
            if (Submit(send) == Submission::Pending) {
                Turn();
                if (IsPending(send)) return send;
            }
            if (send.native_code != 0 || send.transferred == 0 || send.transferred == size)
                throw std::runtime_error("everything fitted in");
            part.offset += send.transferred;
            size -= send.transferred;
            Release(send);
        }
    }

    // The rest of it, by as many operations as it takes. The number of bytes.
    std::size_t SendRest(SocketHandle socket, FilePart part, std::size_t size) {
        std::size_t sent = 0;
        while (sent < size) {
            IOCP_Operation& send = Complete(NewSendFile(socket, part, size - sent));
            EXPECT_EQ(send.native_code, 0);
            EXPECT_LE(send.transferred, size - sent);
            if (send.native_code != 0 || send.transferred == 0) break;
            sent += send.transferred;
            part.offset += send.transferred;
            Release(send);
        }
        return sent;
    }

private:
    std::deque<TemporaryFile> on_disk_;
    std::deque<iocp::File> files_;
    std::deque<FilePart> parts_;
};
INSTANTIATE_TEST_SUITE_P(Each, FileContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(FileContract, APartOfAFileArrives) {
    Link link = NewLink();
    const FilePart part{Open("abcdefghij"), 3};

    IOCP_Operation& send = Complete(NewSendFile(link.near, part, 4));

    EXPECT_EQ(send.native_code, 0);
    EXPECT_EQ(send.transferred, 4U);
    EXPECT_EQ(link.peer.Receive(4), "defg");
}

TEST_P(FileContract, TheEndOfTheFileIsASuccessOfNoBytes) {
    Link link = NewLink();
    const auto file = Open("abcdefghij");

    EXPECT_EQ(SendRest(link.near, {file, 3}, 7), 7U);
    for (const std::uint64_t offset : {std::uint64_t{10}, std::uint64_t{11}, std::uint64_t{1} << 40}) {
        IOCP_Operation& send = Complete(NewSendFile(link.near, {file, offset}, 100));
        EXPECT_EQ(send.native_code, 0);
        EXPECT_EQ(send.transferred, 0U);
    }
    Close(link.near);
    Turn();
    EXPECT_EQ(link.peer.ReceiveAll(), "defghij");
}

TEST_P(FileContract, MoreThanTheFileHasSendsWhatItHas) {
    Link link = NewLink();
    const FilePart part{Open("abcdefghij"), 8};

    IOCP_Operation& send = Complete(NewSendFile(link.near, part, 100));

    EXPECT_EQ(send.native_code, 0);
    EXPECT_EQ(send.transferred, 2U);
    EXPECT_EQ(link.peer.Receive(2), "ij");
}

TEST_P(FileContract, NoBytesAreNotTheWholeFile) {
    Link link = NewLink();

    IOCP_Operation& send = Complete(NewSendFile(link.near, {Open("abcdefghij"), 0}, 0));
    Close(link.near);
    Turn();

    EXPECT_EQ(send.native_code, 0);
    EXPECT_EQ(send.transferred, 0U);
    EXPECT_EQ(link.peer.ReceiveAll(), "");
}

TEST_P(FileContract, ALargeFileArrivesInOrder) {
    const std::string content = Pattern(kMoreThanBuffersHold);
    Link link = NewLink();
    std::string received;
    std::thread reading([&] { received = link.peer.Receive(content.size()); });

    EXPECT_EQ(SendRest(link.near, {Open(content), 0}, content.size()), content.size());
    if (HasFailure()) Close(link.near);
    Turn();
    reading.join();

    EXPECT_TRUE(received == content) << "the bytes differ";
}

TEST_P(FileContract, WhatLiesBehindFourGibibytesArrives) {
    constexpr std::uint64_t kZeros = (std::uint64_t{4} << 30) + 10;
    Link link = NewLink();

    EXPECT_EQ(SendRest(link.near, {Open("far behind", kZeros), kZeros - 2}, 12), 12U);

    EXPECT_EQ(link.peer.Receive(12), std::string(2, '\0') + "far behind");
}

TEST_P(FileContract, ItWaitsForAPeerThatDoesNotRead) {
    const std::string content = Pattern(kMoreThanBuffersHold);
    Link link = NewLink();
    FilePart part{Open(content), 0};
    std::size_t left = content.size();
    const IOCP_Operation& waiting = FillUp(link.near, part, left);

    std::string received;
    std::thread reading([&] { received = link.peer.Receive(content.size()); });
    AwaitEnd(waiting);
    EXPECT_EQ(waiting.native_code, 0);
    part.offset += waiting.transferred;
    left -= waiting.transferred;
    EXPECT_EQ(SendRest(link.near, part, left), left);
    if (HasFailure()) Close(link.near);
    reading.join();

    EXPECT_TRUE(received == content) << "the bytes differ";
}

TEST_P(FileContract, TheOtherDirectionGoesOnWaiting) {
    Link link = NewLink();
    IOCP_Operation& recv = New(Kind::RecvLent, link.near);
    SubmitPending(recv);
    Turn();

    EXPECT_EQ(SendRest(link.near, {Open("question"), 0}, 8), 8U);
    EXPECT_EQ(link.peer.Receive(8), "question");
    Turn();
    EXPECT_TRUE(IsPending(recv));
    link.peer.Send("answer");
    AwaitEnd(recv);
    EXPECT_EQ(TakeText(recv), "answer");

    IOCP_Operation& next = New(Kind::RecvLent, link.near);
    SubmitPending(next);
    Turn();
    EXPECT_TRUE(IsPending(next));
}

// A ring waits for room a hundred times, and then leaves the send to a thread of the kernel's, which asks whether the
// socket may wait.
TEST_P(FileContract, ASendBehindItWaitsAsOftenAsItMust) {
    const std::string content = Pattern(2 << 20);
    Link link = NewLink();
    EXPECT_EQ(SendRest(link.near, {Open("first"), 0}, 5), 5U);
    MakeSendBufferSmall(link.near);

    std::string received;
    std::thread reading([&] { received = link.peer.Receive(5 + content.size()); });
    auto left = Memory(content);
    while (!left.empty()) {
        IOCP_Operation& send = Complete(New(Kind::Send, link.near, left));
        EXPECT_EQ(send.native_code, 0);
        if (send.native_code != 0) break;
        left = left.subspan(send.transferred);
        Release(send);
    }
    if (HasFailure()) Close(link.near);
    Turn();
    reading.join();

    EXPECT_TRUE(received == "first" + content) << "the bytes differ";
}

TEST_P(FileContract, AResetEndsItAndThoseThatFollow) {
    const std::string content = Pattern(kMoreThanBuffersHold);
    Link link = NewLink();
    FilePart part{Open(content), 0};
    std::size_t left = content.size();
    const IOCP_Operation& waiting = FillUp(link.near, part, left);

    link.peer.Reset();
    AwaitEnd(waiting);

    EXPECT_EQ(OutcomeOf(waiting), Outcome::Reset);
    for (int i = 0; i < 3; ++i) {
        IOCP_Operation& late = Complete(NewSendFile(link.near, part, left));
        EXPECT_EQ(OutcomeOf(late), Outcome::Reset);
        EXPECT_EQ(late.transferred, 0U);
    }
}

TEST_P(FileContract, ACancelledOneTellsWhatHasLeft) {
    const std::string content = Pattern(kMoreThanBuffersHold);
    Link link = NewLink();
    FilePart part{Open(content), 0};
    std::size_t left = content.size();
    IOCP_Operation& waiting = FillUp(link.near, part, left);

    Cancel(waiting);
    AwaitEnd(waiting);
    const std::size_t told = part.offset + waiting.transferred;
    Close(link.near);
    Turn();

    EXPECT_TRUE(WasCancelled(waiting) || waiting.transferred > 0);
    const std::string received = link.peer.ReceiveAll();
    EXPECT_GE(received.size(), told);
    EXPECT_LT(received.size(), content.size());
    EXPECT_TRUE(received == content.substr(0, received.size())) << "the bytes differ";
}

TEST_P(FileContract, ACancelInTheTurnOfItsSubmissionEndsItOnce) {
    const std::string content = Pattern(kMoreThanBuffersHold);
    Link link = NewLink();
    FilePart part{Open(content), 0};
    std::size_t left = content.size();
    IOCP_Operation& first = FillUp(link.near, part, left);
    Cancel(first);
    AwaitEnd(first);

    IOCP_Operation& second = NewSendFile(link.near, part, left);
    if (Submit(second) == Submission::Pending) {
        Cancel(second);
        AwaitEnd(second);
    }

    EXPECT_TRUE(WasCancelled(second) || second.transferred > 0);
}

TEST_P(FileContract, TheSocketWorksOnAfterACancel) {
    const std::string content = Pattern(kMoreThanBuffersHold);
    Link link = NewLink();
    FilePart part{Open(content), 0};
    std::size_t left = content.size();
    IOCP_Operation& waiting = FillUp(link.near, part, left);
    Cancel(waiting);
    AwaitEnd(waiting);

    link.peer.Send("after");
    EXPECT_EQ(ReceiveText(link.near, 5), "after");
    std::string received;
    std::thread reading([&] { received = link.peer.ReceiveAll(); });
    IOCP_Operation& send = Complete(New(Kind::Send, link.near, Memory("as well")));
    EXPECT_EQ(send.transferred, 7U);
    Close(link.near);
    Turn();
    reading.join();

    EXPECT_EQ(received.substr(received.size() - 7), "as well");
}

}  // namespace iocp_test
