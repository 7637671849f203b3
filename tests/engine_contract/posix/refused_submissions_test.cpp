// SPDX-License-Identifier: MIT
// The io_uring engine where the kernel is short of memory: it takes entries of the submission queue only together with
// a wait. All that finds no place is kept, in order, and done later.
#include "../contract.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstddef>
#include <thread>

namespace iocp_test {

namespace {

// Every other io_uring_enter of this thread fails from now on with EBUSY.
void RefuseSubmissions() {
    constexpr unsigned kIoUringEnter = 426;
    constexpr unsigned kLeastCompletions = offsetof(seccomp_data, args) + 2 * sizeof(seccomp_data::args[0]);
    std::array<sock_filter, 6> program{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 2, kIoUringEnter},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, kLeastCompletions},
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EBUSY},
    }};
    const sock_fprog filter{program.size(), program.data()};
    ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

}  // namespace

class RefusedSubmissions : public EngineContract {
protected:
    RefusedSubmissions() {
        for (int i = 0; i < 20; ++i) links_.push_back(NewLink());
        RefuseSubmissions();
    }

    std::vector<IOCP_Operation*> SubmitToAll() {
        std::vector<IOCP_Operation*> recvs;
        for (const Link& link : links_) {
            recvs.push_back(&New(Kind::Recv, link.near, Memory(8)));
            SubmitPending(*recvs.back());
        }
        return recvs;
    }

    std::vector<Link> links_;
};
INSTANTIATE_TEST_SUITE_P(Each, RefusedSubmissions, testing::Values(Setup{iocp::EngineKind::IoUring, true}),
                         NameOfSetup);

TEST_P(RefusedSubmissions, TheLastOneIsSubmittedAlthoughNothingElseEnds) {
    const auto recvs = SubmitToAll();
    links_.back().peer.Send("x");

    AwaitEnd(*recvs.back());

    EXPECT_EQ(TakeText(*recvs.back()), "x");
}

TEST_P(RefusedSubmissions, NoCancelIsLost) {
    for (const bool submitted_before : {false, true}) {
        const auto recvs = SubmitToAll();
        for (int i = 0; submitted_before && i < 20; ++i) Turn();

        for (IOCP_Operation* recv : recvs) Cancel(*recv);
        for (IOCP_Operation* recv : recvs) Cancel(*recv);
        AwaitAll();

        for (const IOCP_Operation* recv : recvs) EXPECT_TRUE(WasCancelled(*recv));
    }
}

TEST_P(RefusedSubmissions, AClosedSocketIsClosedAfterWhatWasAskedOfIt) {
    const auto recvs = SubmitToAll();
    for (IOCP_Operation* recv : recvs) Cancel(*recv);
    for (const Link& link : links_) Close(link.near);
    Link fresh = NewLink();

    AwaitAll();
    fresh.peer.Send("mine");

    for (const IOCP_Operation* recv : recvs) EXPECT_TRUE(WasCancelled(*recv));
    EXPECT_EQ(ReceiveText(fresh.near, 4), "mine");
    for (Link& link : links_) EXPECT_NE(link.peer.AwaitEnd(), StreamEnd::Open);
}

TEST_P(RefusedSubmissions, NoWakeIsLost) {
    RemakeEngine();
    SubmitToAll();
    std::thread([this] { Io().Wake(); }).join();

    Turn(kForever);
}

}  // namespace iocp_test
