// SPDX-License-Identifier: MIT
#include "misuse.h"

#include <iocp/task.h>

#include <cstdio>
#include <exception>
#include <string>

namespace iocp::detail {

namespace {

thread_local unsigned tasks_may_go = 0;

std::string ToString(const Place& place) { return std::string(place.file_name()) + ":" + std::to_string(place.line()); }

}  // namespace

void TellOfMisuse(std::string_view sentence, const Place& at) noexcept {
    const std::string place = at.line() != 0 ? " at " + ToString(at) : "";
    std::fprintf(stderr, "iocp_core: misuse: %.*s%s\n", static_cast<int>(sentence.size()), sentence.data(),
                 place.c_str());
    std::fflush(stderr);
}

void Misuse(std::string_view sentence, const Place& at) noexcept {
    TellOfMisuse(sentence, at);
    std::terminate();
}

void MisuseOfTwo(std::string_view sentence, const Place& at, const Place& other) noexcept {
    if (at.line() == 0 || other.line() == 0) Misuse(sentence, at);
    Misuse(std::string(sentence) + ": one at " + ToString(other) + ", the other", at);
}

void JudgeFrame(const Place& defined) noexcept {
#if defined(__GNUC__) && !defined(__clang__)
    Misuse(
        "GCC 12 compiles this coroutine wrong: name what the co_await in its if or while yields, as in "
        "const auto sent = co_await client.Send(text); if (!sent) ...",
        defined);
#else
    static_cast<void>(defined);
#endif
}

void TasksMayGo::Begin() noexcept { ++tasks_may_go; }

void TasksMayGo::End() noexcept { --tasks_may_go; }

#ifdef IOCP_CORE_CHECKS

void DestroyTask(std::coroutine_handle<> coroutine, const TaskPromiseBase& promise) noexcept {
    if (!promise.WasAwaited() && tasks_may_go == 0 && std::uncaught_exceptions() == 0)
        TellOfMisuse(std::string("a task was dropped that nobody has awaited, so it never ran: ") +
                         promise.place.function_name(),
                     promise.place);
    const TasksMayGo those_inside_it;
    coroutine.destroy();
}

#endif

}  // namespace iocp::detail
