// SPDX-License-Identifier: MIT
#include "door_guard.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

using iocp::Endpoint;
using iocp::detail::AddressBook;
using iocp::detail::TokenBucket;

constexpr iocp::detail::Clock::time_point kBegin{1h};

Endpoint At(const char* address) { return *Endpoint::Parse(address, 1234); }

// How many of `tries` the bucket lets pass at `now`.
int Passed(TokenBucket& bucket, std::size_t per_second, iocp::detail::Clock::time_point now, int tries = 1'000) {
    int passed = 0;
    for (int i = 0; i < tries; ++i)
        if (bucket.Take(per_second, now) == 0ns) ++passed;
    return passed;
}

TEST(AddressBook, CountsEachIPv4Address) {
    AddressBook book;
    EXPECT_TRUE(book.Enter(At("192.0.2.1"), 2));
    EXPECT_TRUE(book.Enter(At("192.0.2.1"), 2));

    EXPECT_FALSE(book.Enter(At("192.0.2.1"), 2));
    EXPECT_TRUE(book.Enter(At("192.0.2.2"), 2));
    book.Leave(At("192.0.2.1"));
    EXPECT_TRUE(book.Enter(At("192.0.2.1"), 2));
    EXPECT_FALSE(book.Enter(At("192.0.2.1"), 2));
}

TEST(AddressBook, CountsEach64OfIPv6) {
    AddressBook book;
    EXPECT_TRUE(book.Enter(At("2001:db8:1:2::1"), 1));

    EXPECT_FALSE(book.Enter(At("2001:db8:1:2::1"), 1));
    EXPECT_FALSE(book.Enter(At("2001:db8:1:2:ffff:ffff:ffff:ffff"), 1));
    EXPECT_TRUE(book.Enter(At("2001:db8:1:3::1"), 1));
    EXPECT_TRUE(book.Enter(At("2001:db8:2:2::1"), 1));
}

TEST(AddressBook, CountsAMappedAddressAsTheIPv4AddressThatItIs) {
    AddressBook book;
    EXPECT_TRUE(book.Enter(At("::ffff:192.0.2.1"), 1));

    EXPECT_FALSE(book.Enter(At("192.0.2.1"), 1));
    EXPECT_TRUE(book.Enter(At("::ffff:192.0.2.2"), 1));
    EXPECT_TRUE(book.Enter(At("::1"), 1));
}

TEST(AddressBook, CountsAlsoWhileThereIsNoLimit) {
    AddressBook book;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(book.Enter(At("192.0.2.1"), 0));

    EXPECT_FALSE(book.Enter(At("192.0.2.1"), 5));
    EXPECT_TRUE(book.Enter(At("192.0.2.1"), 6));
    for (int i = 0; i < 6; ++i) book.Leave(At("192.0.2.1"));
    EXPECT_TRUE(book.Enter(At("192.0.2.1"), 1));
}

TEST(TokenBucket, LetsAsManyPassAtOnceAsInASecond) {
    TokenBucket bucket;

    EXPECT_EQ(Passed(bucket, 100, kBegin), 100);
    EXPECT_EQ(bucket.Take(100, kBegin), 10ms);
    EXPECT_EQ(Passed(bucket, 100, kBegin + 9ms), 0);
    EXPECT_EQ(Passed(bucket, 100, kBegin + 10ms), 1);
    EXPECT_EQ(Passed(bucket, 100, kBegin + 500ms), 49);
    EXPECT_EQ(Passed(bucket, 100, kBegin + 10s), 100);
}

TEST(TokenBucket, LetsOneAfterTheOtherPass) {
    TokenBucket bucket;

    EXPECT_EQ(Passed(bucket, 1, kBegin), 1);
    EXPECT_EQ(bucket.Take(1, kBegin), 1s);
    EXPECT_EQ(Passed(bucket, 1, kBegin + 1s), 1);
}

TEST(TokenBucket, WithoutALimitLetsAllPass) {
    TokenBucket bucket;

    EXPECT_EQ(Passed(bucket, 0, kBegin), 1'000);
    EXPECT_EQ(Passed(bucket, 10, kBegin), 10);
}

TEST(TokenBucket, AnyRateWillDo) {
    TokenBucket bucket;

    EXPECT_EQ(Passed(bucket, 1'000'000'000, kBegin, 100'000), 100'000);
    EXPECT_EQ(Passed(bucket, ~std::size_t{0}, kBegin, 100'000), 100'000);
    EXPECT_LE(bucket.Take(1, kBegin), 1s);
    EXPECT_EQ(Passed(bucket, 1, kBegin + 1s), 1);
}

}  // namespace
