// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace iocp_test {

// Lets one allocation of the core, or of the handlers on it, fail: those of the network below it and of the test itself
// are spared. For one thread: a simulation's.
class FailingMemory {
public:
    // The `number`-th from now on throws std::bad_alloc; the first is 1, and 0 lets all succeed.
    static void Fail(std::uint64_t number) noexcept { left_ = number; }

    // It has happened since the last Fail.
    [[nodiscard]] static bool HasFailed() noexcept { return failed_; }
    static void Forget() noexcept { left_ = 0, failed_ = false; }

    // By operator new.
    [[nodiscard]] static bool FailsNow() noexcept;

    // While one lives nothing fails.
    class Spared {
    public:
        Spared() noexcept { ++spared_; }
        Spared(const Spared&) = delete;
        Spared& operator=(const Spared&) = delete;
        ~Spared() { --spared_; }
    };

private:
    inline static std::uint64_t left_ = 0;
    inline static unsigned spared_ = 0;
    inline static bool failed_ = false;
};

}  // namespace iocp_test
