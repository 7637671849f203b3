// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <iocp/options.h>
#include <iocp/protocol.h>

#include <bit>
#include <string>

namespace {

using iocp::EngineKind;
using iocp::Listener;
using iocp::Options;

TEST(EngineKind, ComesBackFromItsName) {
    for (const EngineKind kind : {EngineKind::Auto, EngineKind::Iocp, EngineKind::IoUring, EngineKind::Epoll})
        EXPECT_EQ(iocp::ParseEngineKind(ToString(kind)), kind);

    EXPECT_EQ(ToString(EngineKind::IoUring), "io_uring");
    EXPECT_EQ(ToString(static_cast<EngineKind>(200)), "unknown");
}

TEST(EngineKind, RefusesOtherNames) {
    for (const std::string_view name : {"", "Auto", "EPOLL", "epoll ", "io-uring", "uring", "kqueue", "unknown"})
        EXPECT_FALSE(iocp::ParseEngineKind(name)) << name;
}

TEST(Listener, ListensEverywhereOverTcpByDefault) {
    const Listener listener(12345, 7, nullptr);

    EXPECT_EQ(listener.port, 12345);
    EXPECT_EQ(listener.protocol_id, 7);
    EXPECT_EQ(listener.transport, iocp::Transport::Tcp);
    EXPECT_EQ(listener.address, "*");
}

TEST(Options, NothingIsUnboundedByDefault) {
    const Listener listener(0, 0, nullptr);
    const Options options;

    EXPECT_GT(listener.backlog, 0);
    EXPECT_GT(listener.max_queued_datagrams, 0U);
    EXPECT_LT(listener.max_queued_datagrams, 1U << 20);
    EXPECT_LT(listener.max_queued_bytes, 1U << 30);
    EXPECT_LT(options.max_receive_buffers, 1U << 20);
    EXPECT_GT(options.drain.count(), 0);
    EXPECT_GT(options.linger.count(), 0);
    EXPECT_TRUE(std::has_single_bit(options.submission_entries));
    EXPECT_TRUE(std::has_single_bit(options.completion_entries));
    EXPECT_TRUE(std::has_single_bit(options.provided_buffers));
}

TEST(StartError, KeepsItsCode) {
    const iocp::StartError with_code("what", 5);
    const iocp::StartError without_code("what");

    EXPECT_STREQ(with_code.what(), "what");
    EXPECT_EQ(with_code.NativeCode(), 5);
    EXPECT_EQ(without_code.NativeCode(), 0);
}

}  // namespace
