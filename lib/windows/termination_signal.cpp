// SPDX-License-Identifier: MIT
#include "socket.h"
#include "system_headers.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <system_error>

namespace iocp::detail {

namespace {

// A console event belongs to the process, so what it ends is kept in one place: the events of all waiters.
std::mutex using_waiters;
std::array<HANDLE, 64> waiters{};

bool NotifyAll() {
    const std::lock_guard lock(using_waiters);
    bool any = false;
    for (const HANDLE waiter : waiters)
        if (waiter != nullptr && SetEvent(waiter) != FALSE) any = true;
    return any;
}

// The system calls it on a thread of its own (HandlerRoutine callback function).
BOOL WINAPI OnConsoleEvent(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT && event != CTRL_CLOSE_EVENT) return FALSE;
    if (!NotifyAll()) return FALSE;
    // When the console is closed, the system ends the process as soon as this returns, or seconds later. Until then it
    // is main's to end.
    if (event == CTRL_CLOSE_EVENT) Sleep(INFINITE);
    return TRUE;
}

// Installed once and kept: to take it out would wait for a handler that is under way, which waits for main.
void InstallHandler() {
    static const BOOL installed = SetConsoleCtrlHandler(&OnConsoleEvent, TRUE);
    static_cast<void>(installed);  // fails where there is no console, and so no such event
}

HANDLE EventOf(std::uintptr_t handle) noexcept { return reinterpret_cast<HANDLE>(handle); }

}  // namespace

TerminationSignal::TerminationSignal() : handles_{} {
    const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    if (event == nullptr)
        throw std::system_error(static_cast<int>(GetLastError()), std::system_category(), "an event for Ctrl-C");
    handles_[0] = reinterpret_cast<std::uintptr_t>(event);

    InstallHandler();
    const std::lock_guard lock(using_waiters);
    const auto free = std::find(waiters.begin(), waiters.end(), nullptr);
    if (free == waiters.end()) return;
    *free = event;
    slot_ = static_cast<int>(free - waiters.begin());
}

TerminationSignal::~TerminationSignal() {
    const std::lock_guard lock(using_waiters);
    if (slot_ >= 0) waiters[static_cast<std::size_t>(slot_)] = nullptr;
    CloseHandle(EventOf(handles_[0]));
}

void TerminationSignal::Wait() noexcept { WaitForSingleObject(EventOf(handles_[0]), INFINITE); }

void TerminationSignal::Release() noexcept { SetEvent(EventOf(handles_[0])); }

}  // namespace iocp::detail
