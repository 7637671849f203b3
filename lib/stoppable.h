// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/wait.h>

namespace iocp::detail {

// Whatever waits on a worker and must be told when the core stops. Linked into its worker's list while it can wait.
class Stoppable {
public:
    Stoppable() noexcept = default;
    Stoppable(const Stoppable&) = delete;
    Stoppable& operator=(const Stoppable&) = delete;

    // The core is stopping: takes nothing new in, may finish what it sends. Resumes no coroutine itself, and removes
    // nothing but itself from the worker's list.
    virtual void Stop() noexcept = 0;

    // The drain deadline has passed: ends everything. Resumes no coroutine itself.
    virtual void Cut() noexcept = 0;

    // Limits of a listener have changed; most do not care. Resumes no coroutine itself.
    virtual void LimitsChanged() noexcept {}

protected:
    ~Stoppable() = default;

private:
    friend class Worker;

    Stoppable* previous_ = nullptr;
    Stoppable* next_ = nullptr;
};

// The scope of a coroutine that belongs to no client; ends with the core.
class RootScope final : public Stoppable, public Scope {
public:
    explicit RootScope(Worker& worker) noexcept;
    ~RootScope();

    void Stop() noexcept override { Scope::Stop(); }
    void Cut() noexcept override { End(Outcome::Stopped); }

private:
    Worker& worker_;
};

}  // namespace iocp::detail
