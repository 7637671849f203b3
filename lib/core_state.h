// SPDX-License-Identifier: MIT
#pragma once

#include "crew.h"
#include "engine.h"
#include "live_counters.h"
#include "network.h"
#include "polled_crew.h"
#include "socket.h"
#include "thread_pool.h"

#include <iocp/core.h>
#include <iocp/timer.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

namespace iocp::detail {

class DatagramListener;
class DoorGuard;
class StreamListener;
class Worker;

// What is behind an IOCP_CORE. A run begins in Start; its crew ends it when all workers have ended: OnStop is called,
// and the core is declared stopped.
class CoreState {
public:
    CoreState(IOCP_CORE& core, std::vector<Listener> listeners, Options options);
    CoreState(const CoreState&) = delete;
    CoreState& operator=(const CoreState&) = delete;
    ~CoreState();

    void Run(unsigned workers);
    void Start(unsigned workers);
    void StartPolled();
    bool Poll(std::chrono::nanoseconds at_most);
    void Stop(std::chrono::milliseconds drain);
    void Spawn(Task<> task);

    // By the destructor of the core.
    void Destroy() noexcept;

    [[nodiscard]] bool IsRunning() const noexcept;
    [[nodiscard]] const Options& Settings() const noexcept { return options_; }
    [[nodiscard]] Network& Net() const noexcept { return network_; }
    [[nodiscard]] LiveCounters& Count() noexcept { return counters_; }

    void SetLimits(std::size_t index, const Limits& limits);
    [[nodiscard]] DoorGuard& GuardOf(std::size_t index) const;

    // The client table.
    void Enter(IOCP_Client& client);
    void Leave(IOCP_Client& client) noexcept;
    [[nodiscard]] std::shared_ptr<IOCP_Client> FindClient(std::uint64_t id) const;
    [[nodiscard]] std::vector<std::shared_ptr<IOCP_Client>> Clients() const;
    [[nodiscard]] std::size_t ClientCount() const noexcept;
    void ReturnMemoryAfterPeak();

    // The worker with the fewest clients. Only while workers run.
    [[nodiscard]] Worker& LeastLoaded() const noexcept;
    [[nodiscard]] std::vector<std::size_t> ClientsPerWorker() const;
    [[nodiscard]] std::size_t OperationsInUse() const noexcept;

    [[nodiscard]] std::string EngineReport() const;
    [[nodiscard]] Endpoint Listening(std::size_t index) const;
    void PrintStart() const;

    // Counts an exception of user code and hands it to OnError.
    void Report(std::uint64_t client_id, std::exception_ptr exception) noexcept;

    // Counts it and hands it to OnStall.
    void Report(const Stall& stall) noexcept;

    // Runs user code; what it throws is reported.
    template <class UserCode>
    void Guard(std::uint64_t client_id, const UserCode& user_code) noexcept {
        try {
            user_code();
        } catch (...) {
            Report(client_id, std::current_exception());
        }
    }

    // Reports a listener that the system refuses to serve so far.
    void ReportRefused(int code, const Endpoint& listening) noexcept;

    // Runs `job` on a thread of the core's, or here where its network has none. False: too many wait already.
    [[nodiscard]] bool Offload(std::shared_ptr<Job> job);

    // By the crew.
    [[nodiscard]] std::chrono::milliseconds TickInterval() const noexcept;
    void Tick() noexcept;
    void FinishRun() noexcept;

private:
    enum class Phase : std::uint8_t { Stopped, Starting, Running, Stopping };

    // Finds clients by their id: the hash, and what tells whether it is the one.
    struct ById {
        using is_transparent = void;
        static std::uint64_t Id(std::uint64_t id) noexcept { return id; }
        static std::uint64_t Id(const IOCP_Client* client) noexcept { return client->Id(); }
        std::size_t operator()(const auto& one) const noexcept { return std::hash<std::uint64_t>()(Id(one)); }
        bool operator()(const auto& one, const auto& other) const noexcept { return Id(one) == Id(other); }
    };

    // A socket that listens, before and after it belongs to a worker.
    struct Opened {
        Endpoint local;
        SocketHandle socket;
    };

    void Start(unsigned workers, Crew& crew);
    void Prepare(unsigned workers);
    void OpenListeners();
    [[nodiscard]] Opened Open(const Listener& listener, std::uint16_t port) const;

    // The one that a listener asks for; where it asks for none: that of one opened before it on the other transport.
    [[nodiscard]] std::uint16_t PortFor(const Listener& listener, const std::vector<Opened>& opened) const noexcept;
    void CloseOpened() noexcept;
    [[nodiscard]] std::size_t MostClients(const Listener& listener) const noexcept;
    void StartWorkers(unsigned count, EngineKind engine);
    void OpenDoors();
    void OpenDoor(std::size_t index, Worker& worker);
    void AskForStop(std::chrono::milliseconds drain);
    void AwaitStopped();
    [[nodiscard]] bool IsOwnThread() const noexcept;

    IOCP_CORE& core_;
    const std::vector<Listener> listeners_;
    std::vector<std::unique_ptr<DoorGuard>> guards_;  // one of each listener
    const Options options_;
    Network& network_;
    LiveCounters counters_;
    NetworkLibrary network_library_;

    mutable std::mutex mutex_;  // for what follows
    std::condition_variable changed_;
    Phase phase_ = Phase::Stopped;
    std::uint64_t run_ = 0;  // how often it was started
    bool derived_ = false;
    Clock::time_point cut_;
    std::thread::id starter_;  // while OnStart runs
    TerminationSignal* run_signal_ = nullptr;
    std::string engine_report_;
    AcceptDepth accept_depth_{};
    std::vector<Opened> opened_;
    std::vector<Task<>> tasks_;  // given before the start
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::unique_ptr<StreamListener>> stream_listeners_;
    std::vector<std::unique_ptr<DatagramListener>> datagram_listeners_;

    mutable std::mutex table_mutex_;
    std::unordered_set<IOCP_Client*, ById, ById> table_;  // each is held by its session, or by who connected it

    // Of ticks.
    std::size_t peak_ = 0;  // of clients, since memory was given back
    std::size_t last_count_ = 0;
    bool spares_dropped_ = false;

    std::unique_ptr<ThreadPool> pool_;  // of a run
    std::unique_ptr<Crew> own_crew_;    // the network's; ends before what is above
    PolledCrew polled_crew_;
    std::atomic<Crew*> crew_;  // that runs it, or ran it last
};

}  // namespace iocp::detail
