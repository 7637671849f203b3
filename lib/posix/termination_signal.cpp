// SPDX-License-Identifier: MIT
#include "socket.h"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is in no other
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>

namespace iocp::detail {

namespace {

// A signal belongs to the process, so what it ends is kept in one place: the writing ends of the pipes of all waiters.
constexpr int kFree = -1;
struct Waiter {
    std::atomic<int> writing_end = kFree;
};
std::array<Waiter, 64> waiters;
std::mutex installing;
int installed = 0;
std::array<struct sigaction, 2> actions_before;
constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};

void Notify(int descriptor) noexcept {
    const char byte = 0;
    [[maybe_unused]] const auto written = write(descriptor, &byte, 1);  // full: it is notified already
}

extern "C" void OnTerminationSignal(int) {
    const int code = errno;
    for (const auto& waiter : waiters)
        if (const int descriptor = waiter.writing_end; descriptor != kFree) Notify(descriptor);
    errno = code;
}

}  // namespace

TerminationSignal::TerminationSignal() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "a pipe for Ctrl-C");
    handles_[0] = static_cast<std::uintptr_t>(ends[0]);
    handles_[1] = static_cast<std::uintptr_t>(ends[1]);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);

    const std::lock_guard lock(installing);
    const auto free =
        std::find_if(waiters.begin(), waiters.end(), [](const Waiter& at) { return at.writing_end == kFree; });
    if (free != waiters.end()) {
        free->writing_end = ends[1];
        slot_ = static_cast<int>(free - waiters.begin());
    }
    if (installed++ > 0) return;
    struct sigaction action{};
    action.sa_handler = &OnTerminationSignal;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &actions_before[i]);
}

TerminationSignal::~TerminationSignal() {
    const std::lock_guard lock(installing);
    if (slot_ >= 0) waiters[static_cast<std::size_t>(slot_)].writing_end = kFree;
    if (--installed == 0)
        for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &actions_before[i], nullptr);
    for (const auto handle : handles_) close(static_cast<int>(handle));
}

void TerminationSignal::Wait() noexcept {
    char byte;
    while (read(static_cast<int>(handles_[0]), &byte, 1) < 0 && errno == EINTR) {
    }
}

void TerminationSignal::Release() noexcept { Notify(static_cast<int>(handles_[1])); }

}  // namespace iocp::detail
