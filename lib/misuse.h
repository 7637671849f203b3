// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/checks.h>

#include <string_view>

namespace iocp::detail {

// Ends the process with a sentence about what the program did wrong, and where, as far as that is known.
[[noreturn]] void Misuse(std::string_view sentence, const Place& at = {}) noexcept;

// The same for something that excludes what began at `other`.
[[noreturn]] void MisuseOfTwo(std::string_view sentence, const Place& at, const Place& other) noexcept;

// The same without an end of the process, for what harms nobody else.
void TellOfMisuse(std::string_view sentence, const Place& at) noexcept;

// While one lives, tasks may go on this thread that have never been awaited: what owns them goes.
class TasksMayGo {
public:
    TasksMayGo() noexcept {
        if constexpr (kChecks) Begin();
    }
    TasksMayGo(const TasksMayGo&) = delete;
    TasksMayGo& operator=(const TasksMayGo&) = delete;
    ~TasksMayGo() {
        if constexpr (kChecks) End();
    }

private:
    static void Begin() noexcept;
    static void End() noexcept;
};

}  // namespace iocp::detail
