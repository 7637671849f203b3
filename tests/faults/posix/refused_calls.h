// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace iocp_test {

// Lets one of the library's system calls fail, those of liburing among them. The program is linked so that each call
// that it and the library make by name comes through here; those of the test's own clients are spared.
class RefusedCalls {
public:
    // The `number`-th from now on fails with `error`, an errno; the first is 1.
    static void Refuse(int number, int error) noexcept {
        error_ = error;
        refused_ = nullptr;
        left_ = number;
    }
    static void Forget() noexcept { left_ = 0; }

    // The name of the call that failed since the last Refuse; null: none has.
    [[nodiscard]] static const char* Refused() noexcept { return refused_; }

    // By the calls: the error where this one is to fail, otherwise 0.
    [[nodiscard]] static int ErrorFor(const char* name) noexcept {
        if (spared_ || left_ <= 0 || left_.fetch_sub(1) != 1) return 0;
        refused_ = name;
        return error_;
    }

    // While one lives no call of its thread fails.
    class Spared {
    public:
        Spared() noexcept { spared_ = true; }
        Spared(const Spared&) = delete;
        Spared& operator=(const Spared&) = delete;
        ~Spared() { spared_ = false; }
    };

private:
    inline static std::atomic<int> left_ = 0;
    inline static std::atomic<int> error_ = 0;
    inline static std::atomic<const char*> refused_ = nullptr;
    inline static thread_local bool spared_ = false;
};

}  // namespace iocp_test
