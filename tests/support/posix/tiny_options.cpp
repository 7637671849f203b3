// SPDX-License-Identifier: MIT
// For the runs in a small place: short queues, four buffers, little locked memory, small stacks.
#include "support/locked_memory.h"
#include "support/platform.h"

#include <pthread.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace iocp_test {

namespace {

constexpr std::size_t kLockedMemory = 64 << 10;
constexpr std::size_t kStack = 256 << 10;

bool LimitLocking() {
    if (CountsAlone()) return LimitLockedMemory(kLockedMemory);
    std::puts("locked memory is not limited: the rings of this user's other programs would count too");
    return true;
}

bool LimitStacks() {
    pthread_attr_t attributes;
    const bool limited = pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, kStack) == 0 &&
                         pthread_setattr_default_np(&attributes) == 0;
    pthread_attr_destroy(&attributes);
    return limited;
}

}  // namespace

iocp::Options OptionsUnderTest() {
    iocp::Options options;
    options.submission_entries = 4;
    options.completion_entries = 16;
    options.provided_buffers = 4;
    static const bool limited = LimitLocking() && LimitStacks() && AwaitRoomForARing(options);
    if (!limited) {
        std::fputs("the limits of memory can't be set\n", stderr);
        std::abort();
    }
    return options;
}

}  // namespace iocp_test
