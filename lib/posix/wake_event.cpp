// SPDX-License-Identifier: MIT
#include "wake_event.h"

#include "socket.h"

#include <iocp/options.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace iocp::detail {

WakeEvent::WakeEvent() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw StartError("cannot make an eventfd: " + DescribeNativeCode(errno), errno);
}

WakeEvent::~WakeEvent() { close(descriptor_); }

void WakeEvent::Set() noexcept {
    if (set_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);
}

void WakeEvent::Clear() noexcept {
    std::uint64_t count;
    [[maybe_unused]] const auto taken = read(descriptor_, &count, sizeof count);
    set_.store(false);
}

}  // namespace iocp::detail
