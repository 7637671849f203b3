// SPDX-License-Identifier: MIT
#include "core_state.h"

#include "datagram_listener.h"
#include "door_guard.h"
#include "misuse.h"
#include "stream_listener.h"
#include "worker.h"

#include <iocp/group.h>

#include <algorithm>
#include <optional>
#include <typeinfo>
#include <utility>

namespace iocp::detail {

namespace {

Detached RunTask(Worker& worker, Task<> task) {
    RootScope scope(worker);
    Task<> running = std::move(task);  // to be destroyed before the scope
    co_await Enter{scope};

    std::exception_ptr failure;
    try {
        co_await running;
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) worker.Core().Report(0, failure);
}

void PostTask(Worker& worker, Task<> task) {
    // A message can be copied, a task can not.
    auto shared = std::make_shared<Task<>>(std::move(task));
    worker.Mail()->Post([&worker, shared] {
        const Activity::Running started(0, {});
        if (!worker.IsStopping()) RunTask(worker, std::move(*shared));
    });
}

std::string ReportOf(EngineKind taken, EngineKind refused, const StartError& why) {
    return std::string(ToString(taken)) + " (" + std::string(ToString(refused)) +
           " refused: " + NameOfNativeCode(why.NativeCode()) + ")";
}

}  // namespace

CoreState::CoreState(IOCP_CORE& core, std::vector<Listener> listeners, Options options)
    : core_(core),
      listeners_(std::move(listeners)),
      options_(options),
      network_(options.network != nullptr ? *options.network : SystemNetwork()),
      own_crew_(network_.MakeCrew(*this)),
      polled_crew_(*this),
      crew_(own_crew_.get()) {
    for (const Listener& listener : listeners_) {
        if (!listener.protocol) Misuse("a listener without a protocol");
        guards_.push_back(std::make_unique<DoorGuard>(*this, listener));
    }
}

CoreState::~CoreState() = default;

void CoreState::Destroy() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != Phase::Stopped && derived_)
            Misuse("a class derived from IOCP_CORE was destroyed while it ran: call Stop in its destructor");
    }
    if (IsOwnThread()) Misuse("a core was destroyed by one of its own handlers or hooks");
    Stop(options_.drain);
}

void CoreState::Run(unsigned workers) {
    std::optional<TerminationSignal> signal(std::in_place);
    {
        const std::lock_guard lock(mutex_);
        run_signal_ = &*signal;
    }
    const auto forget_signal = [this] {
        const std::lock_guard lock(mutex_);
        run_signal_ = nullptr;
    };
    try {
        Start(workers);
    } catch (...) {
        forget_signal();
        throw;
    }
    signal->Wait();
    forget_signal();
    signal.reset();  // from now on another Ctrl-C ends the process at once
    Stop(options_.drain);
}

void CoreState::Start(unsigned workers) {
    Start(workers != 0 ? workers : std::max(1U, std::thread::hardware_concurrency()), *own_crew_);
}

void CoreState::StartPolled() {
    if (!network_.HasThreads()) Misuse("a core in a Simulation is run by the simulation: Start it");
    Start(1, polled_crew_);
}

bool CoreState::Poll(std::chrono::nanoseconds at_most) {
    if (Worker::Current() != nullptr || polled_crew_.IsBackground()) Misuse("Poll in a handler or hook");
    return polled_crew_.Poll(at_most);
}

void CoreState::Start(unsigned workers, Crew& crew) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != Phase::Stopped) throw StartError("this core runs already: Stop it before it is started again");
        phase_ = Phase::Starting;
        ++run_;
        crew_ = &crew;
        derived_ = typeid(core_) != typeid(IOCP_CORE);
    }
    try {
        Prepare(workers);
    } catch (...) {
        CloseOpened();
        const std::lock_guard lock(mutex_);
        phase_ = Phase::Stopped;
        changed_.notify_all();
        throw;
    }
    try {
        core_.OnStart();
    } catch (...) {
        {
            const std::lock_guard lock(mutex_);
            starter_ = {};
        }
        Stop({});
        throw;
    }
    OpenDoors();
}

void CoreState::Prepare(unsigned workers) {
    OpenListeners();
    EngineChoice choice = network_.ChooseEngine(options_.engine, options_);
    try {
        StartWorkers(workers, choice.kind);
    } catch (const StartError& error) {
        if (!choice.otherwise) throw;
        choice.report = ReportOf(*choice.otherwise, choice.kind, error);
        StartWorkers(workers, *choice.otherwise);
    }

    const std::lock_guard lock(mutex_);
    engine_report_ = choice.report;
    accept_depth_ = choice.accepts;
    crew_.load()->Begin();
    phase_ = Phase::Running;
    starter_ = std::this_thread::get_id();
    changed_.notify_all();
}

void CoreState::StartWorkers(unsigned count, EngineKind engine) {
    pool_ = std::make_unique<ThreadPool>(options_.offload_threads, options_.max_offloaded);
    {
        const std::lock_guard lock(mutex_);
        workers_.clear();
        for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(*this, options_));
    }
    crew_.load()->Open(workers_, engine);
}

void CoreState::OpenDoors() {
    const std::lock_guard lock(mutex_);
    starter_ = {};
    if (phase_ == Phase::Running) {
        for (std::size_t i = 0; i < listeners_.size(); ++i) OpenDoor(i, *workers_[i % workers_.size()]);
        for (Task<>& task : tasks_) PostTask(LeastLoaded(), std::move(task));
    }
    tasks_.clear();
}

void CoreState::Spawn(Task<> task) {
    Branch(task).promise->MayGo();  // where the core stops first
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::Running && starter_ == std::thread::id())
        PostTask(LeastLoaded(), std::move(task));
    else if (phase_ != Phase::Stopping)
        tasks_.push_back(std::move(task));
}

void CoreState::Stop(std::chrono::milliseconds drain) {
    AskForStop(drain);
    if (!IsOwnThread()) AwaitStopped();
}

void CoreState::AskForStop(std::chrono::milliseconds drain) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return phase_ != Phase::Starting; });
    if (phase_ == Phase::Stopped) return;
    const auto cut = After(network_.Now(), drain);
    cut_ = phase_ == Phase::Stopping ? std::min(cut_, cut) : cut;
    phase_ = Phase::Stopping;
    for (const auto& worker : workers_)
        worker->Mail()->Post([&worker = *worker, cut = cut_] { worker.BeginStop(cut); });
    changed_.notify_all();
    crew_.load()->StopTicks();
}

void CoreState::AwaitStopped() {
    std::unique_lock lock(mutex_);
    const auto run = run_;
    const auto ended = [&] { return phase_ == Phase::Stopped || run_ != run; };
    if (ended()) return;
    lock.unlock();
    crew_.load()->Drive();
    lock.lock();
    changed_.wait(lock, ended);
}

std::chrono::milliseconds CoreState::TickInterval() const noexcept {
    return std::max(options_.tick, std::chrono::milliseconds(1));
}

void CoreState::Tick() noexcept {
    Guard(0, [this] { ReturnMemoryAfterPeak(); });
    Guard(0, [this] { core_.OnBackgroundTick(); });
}

bool CoreState::Offload(std::shared_ptr<Job> job) {
    if (network_.HasThreads()) return pool_->Post(std::move(job));
    job->Run();
    return true;
}

void CoreState::FinishRun() noexcept {
    pool_->Close();
    Guard(0, [this] { core_.OnStop(); });
    CloseOpened();

    const std::lock_guard lock(mutex_);
    stream_listeners_.clear();
    datagram_listeners_.clear();
    workers_.clear();
    phase_ = Phase::Stopped;
    changed_.notify_all();
    if (run_signal_ != nullptr) run_signal_->Release();
}

bool CoreState::IsRunning() const noexcept {
    const std::lock_guard lock(mutex_);
    return phase_ == Phase::Running || phase_ == Phase::Stopping;
}

bool CoreState::IsOwnThread() const noexcept {
    const Worker* worker = Worker::Current();
    if (worker != nullptr && &const_cast<Worker*>(worker)->Core() == this) return true;
    if (crew_.load()->IsBackground()) return true;
    const std::lock_guard lock(mutex_);
    return starter_ == std::this_thread::get_id();
}

Worker& CoreState::LeastLoaded() const noexcept {
    const auto least = std::min_element(workers_.begin(), workers_.end(),
                                        [](const auto& a, const auto& b) { return a->Load() < b->Load(); });
    return **least;
}

std::vector<std::size_t> CoreState::ClientsPerWorker() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::size_t> counts;
    counts.reserve(workers_.size());
    for (const auto& worker : workers_) counts.push_back(worker->Load());
    return counts;
}

std::size_t CoreState::OperationsInUse() const noexcept {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& worker : workers_) count += worker->OperationsInUse();
    return count;
}

std::string CoreState::EngineReport() const {
    const std::lock_guard lock(mutex_);
    return engine_report_;
}

Endpoint CoreState::Listening(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    return index < opened_.size() ? opened_[index].local : Endpoint();
}

void CoreState::Report(std::uint64_t client_id, std::exception_ptr exception) noexcept {
    ++counters_.handler_errors;
    core_.OnError(HandlerError{client_id, std::move(exception)});
}

void CoreState::Report(const Stall& stall) noexcept {
    ++counters_.stalls;
    core_.OnStall(stall);
}

void CoreState::ReportRefused(int code, const Endpoint& listening) noexcept {
    const std::string what =
        "cannot serve " + listening.ToString() + " yet: " + DescribeNativeCode(code) + "; it is tried again and again";
    Report(0, std::make_exception_ptr(StartError(what, code)));
}

}  // namespace iocp::detail
