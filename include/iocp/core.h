// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/client.h>
#include <iocp/endpoint.h>
#include <iocp/options.h>
#include <iocp/task.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace iocp {

namespace detail {
class CoreState;
}

// An exception that left user code on one of the core's threads.
struct HandlerError {
    std::uint64_t client_id;  // 0 where no client was involved
    std::exception_ptr exception;

    // What the exception says of itself.
    [[nodiscard]] std::string Message() const;
};

// A handler keeps its worker from all its other clients: it blocks, or computes. See iocp::Offload and iocp::YieldNow.
struct Stall {
    std::size_t worker;                // from 0
    std::uint64_t client_id;           // 0 where it is no client's coroutine
    const char* file;                  // of the await that it passed last; "" where it has passed none, or another
    std::uint_least32_t line;          //   coroutine type awaited
    std::chrono::milliseconds so_far;  // that the worker has been kept

    [[nodiscard]] std::string Message() const;
};

}  // namespace iocp

// The server: its listeners, worker threads, client table and background thread. Derive from it to use the hooks.
// A process may have many. A derived class that overrides a hook calls Stop in its destructor, before the override
// goes.
//
// Thread rule: every method may be called from any thread, and from handlers and hooks, unless it says otherwise.
class IOCP_CORE {
public:
    explicit IOCP_CORE(std::initializer_list<iocp::Listener> listeners, iocp::Options options = {});
    explicit IOCP_CORE(std::vector<iocp::Listener> listeners, iocp::Options options = {});
    IOCP_CORE(const IOCP_CORE&) = delete;
    IOCP_CORE& operator=(const IOCP_CORE&) = delete;

    // Stops with Options::drain where it still runs. Not from a handler or hook of this core.
    virtual ~IOCP_CORE();

    // Starts, and returns when the core has stopped: after Ctrl-C, SIGTERM or Stop.
    // `workers` 0: one for each processor. Not from a handler or hook of this core.
    // Throws iocp::StartError, and has started nothing then.
    void Run(unsigned workers = 0);

    // The same without waiting, and without watching for Ctrl-C. A stopped core may be started again.
    void Start(unsigned workers = 0);

    // The same without a thread of its own: with one worker that runs, as do the ticks and hooks, inside Poll, on the
    // thread that called this. For applications with a loop of their own; all handlers run there, so what they share
    // with the application needs no lock. Only Offload and Connect by name use other threads.
    void StartPolled();

    // After StartPolled, and on its thread, not from a handler or hook: does what there is to do, and waits for no
    // longer than `at_most` for something to do. False: the core has stopped. A call every few milliseconds is a good
    // rhythm. Stop and the destructor, on this thread, poll by themselves until the core has stopped; Stop on another
    // thread waits for it to do so.
    bool Poll(std::chrono::nanoseconds at_most = {});

    // Ends the core: listeners close; each Recv ends as Stopped; sends may go on until `drain` has passed; then every
    // await ends as Stopped, and handlers that still have not returned a second later are destroyed where they wait.
    // Waits until all of this is done, except in handlers and hooks of this core, where it only asks for it.
    // Calling it again, or on a core that does not run, does no harm; the shortest drain counts.
    void Stop(std::chrono::milliseconds drain);

    // The same with Options::drain.
    void Stop();

    // From the return of Start, or the call of OnStart, until the last worker has ended.
    [[nodiscard]] bool IsRunning() const noexcept;

    // Runs `task` on a worker, beside the clients; before Start: when the core starts. Stop does not wait for it longer
    // than for a handler. What it throws reaches OnError with client id 0.
    void Spawn(iocp::Task<> task);

    // The client with this id, or nothing when it has ended.
    [[nodiscard]] std::shared_ptr<IOCP_Client> FindClient(std::uint64_t id) const;

    // Posts `bytes` to the client with this id: see IOCP_Client::Post. Closed where there is none.
    iocp::Result Post(std::uint64_t id, iocp::SharedBytes bytes);

    // Calls `visit` for each client that is in the table at the time of the call, on the calling thread.
    void ForEachClient(const std::function<void(IOCP_Client&)>& visit) const;

    [[nodiscard]] std::size_t ClientCount() const noexcept;

    // Clients that live on each worker; their spread. Empty while the core does not run.
    [[nodiscard]] std::vector<std::size_t> ClientsPerWorker() const;

    // "io_uring", "iocp", "epoll", or "epoll (io_uring refused: EPERM)"; empty before the first start.
    [[nodiscard]] std::string EngineReport() const;

    // Where listener number `index` listens, with the port that the system chose. Only while the core runs.
    [[nodiscard]] iocp::Endpoint Listening(std::size_t index = 0) const;

    // Replaces the limits of listener number `index`, for this run and later ones. Clients that are in the core are not
    // sent away by what concerns the door, and count there; first_byte, idle, least_rate, frame and send hold for them
    // too.
    void SetLimits(std::size_t index, const iocp::Limits& limits);

    [[nodiscard]] iocp::Limits Limits(std::size_t index = 0) const;

    [[nodiscard]] iocp::Counters Counters() const noexcept;

    // Operations of all workers that are not in their pool; 0 when the core has stopped.
    [[nodiscard]] std::size_t OperationsInUse() const noexcept;

protected:
    // Once the listeners listen and before the first client: on the thread that called Start or Run.
    // Here: prints the engine and each listener, a line each, to standard output.
    virtual void OnStart();

    // After the last handler has ended: on the background thread.
    virtual void OnStop();

    // Every Options::tick on the background thread, counted from the start; a tick that is due while one runs is
    // skipped.
    virtual void OnBackgroundTick();

    // An exception left a handler (that client has ended), a protocol's hook or OnBackgroundTick. On the thread where
    // it happened. Here: prints a line to standard error. Must not throw.
    virtual void OnError(const iocp::HandlerError& error) noexcept;

    // A handler has kept its worker for Options::stall, and does so still. Once for each time, on the background
    // thread, in checked builds only. Here: prints a line to standard error. Must not throw.
    virtual void OnStall(const iocp::Stall& stall) noexcept;

private:
    friend class iocp::detail::CoreState;

    std::unique_ptr<iocp::detail::CoreState> state_;
};
