// SPDX-License-Identifier: MIT
#include "support/locked_memory.h"

#include "io_uring.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

namespace iocp_test {

namespace {

// Root may lock as much as it likes, unless it waives the right.
bool WaiveLocking() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> capabilities{};
    if (syscall(SYS_capget, &header, capabilities.data()) != 0) return false;
    capabilities[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
    return syscall(SYS_capset, &header, capabilities.data()) == 0;
}

}  // namespace

bool LimitLockedMemory(std::size_t bytes) {
    const rlimit limit{bytes, bytes};
    return WaiveLocking() && setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

// Nothing announces it, so it asks again and again.
bool AwaitRoomForARing(const iocp::Options& options) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (auto refusal = iocp::detail::ProbeIoUring(options); refusal && refusal->native_code == ENOMEM;
         refusal = iocp::detail::ProbeIoUring(options)) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

bool CountsAlone() { return geteuid() == 0; }

}  // namespace iocp_test
