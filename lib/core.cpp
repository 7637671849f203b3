// SPDX-License-Identifier: MIT
#include "core_state.h"
#include "door_guard.h"

#include <iocp/core.h>
#include <iocp/protocol.h>

#include <cstdio>
#include <utility>

IOCP_CORE::IOCP_CORE(std::initializer_list<iocp::Listener> listeners, iocp::Options options)
    : IOCP_CORE(std::vector<iocp::Listener>(listeners), options) {}

IOCP_CORE::IOCP_CORE(std::vector<iocp::Listener> listeners, iocp::Options options)
    : state_(std::make_unique<iocp::detail::CoreState>(*this, std::move(listeners), options)) {}

IOCP_CORE::~IOCP_CORE() { state_->Destroy(); }

void IOCP_CORE::Run(unsigned workers) { state_->Run(workers); }

void IOCP_CORE::Start(unsigned workers) { state_->Start(workers); }

void IOCP_CORE::StartPolled() { state_->StartPolled(); }

bool IOCP_CORE::Poll(std::chrono::nanoseconds at_most) { return state_->Poll(at_most); }

void IOCP_CORE::Stop(std::chrono::milliseconds drain) { state_->Stop(drain); }

void IOCP_CORE::Stop() { state_->Stop(state_->Settings().drain); }

bool IOCP_CORE::IsRunning() const noexcept { return state_->IsRunning(); }

void IOCP_CORE::Spawn(iocp::Task<> task) { state_->Spawn(std::move(task)); }

std::shared_ptr<IOCP_Client> IOCP_CORE::FindClient(std::uint64_t id) const { return state_->FindClient(id); }

iocp::Result IOCP_CORE::Post(std::uint64_t id, iocp::SharedBytes bytes) {
    const auto client = FindClient(id);
    return client ? client->Post(std::move(bytes)) : iocp::Result(iocp::Outcome::Closed);
}

void IOCP_CORE::ForEachClient(const std::function<void(IOCP_Client&)>& visit) const {
    for (const auto& client : state_->Clients()) visit(*client);
}

std::size_t IOCP_CORE::ClientCount() const noexcept { return state_->ClientCount(); }

std::vector<std::size_t> IOCP_CORE::ClientsPerWorker() const { return state_->ClientsPerWorker(); }

std::string IOCP_CORE::EngineReport() const { return state_->EngineReport(); }

iocp::Endpoint IOCP_CORE::Listening(std::size_t index) const { return state_->Listening(index); }

void IOCP_CORE::SetLimits(std::size_t index, const iocp::Limits& limits) { state_->SetLimits(index, limits); }

iocp::Limits IOCP_CORE::Limits(std::size_t index) const { return state_->GuardOf(index).Get(); }

iocp::Counters IOCP_CORE::Counters() const noexcept { return state_->Count().Snapshot(); }

std::size_t IOCP_CORE::OperationsInUse() const noexcept { return state_->OperationsInUse(); }

void IOCP_CORE::OnStart() { state_->PrintStart(); }

void IOCP_CORE::OnStop() {}

void IOCP_CORE::OnBackgroundTick() {}

void IOCP_CORE::OnError(const iocp::HandlerError& error) noexcept {
    std::fprintf(stderr, "iocp_core: client %llu: %s\n", static_cast<unsigned long long>(error.client_id),
                 error.Message().c_str());
}

void IOCP_CORE::OnStall(const iocp::Stall& stall) noexcept {
    std::fprintf(stderr, "iocp_core: %s\n", stall.Message().c_str());
}

std::string iocp::Stall::Message() const {
    return "worker " + std::to_string(worker) + " has been kept for " + std::to_string(so_far.count()) + " ms by " +
           (client_id != 0 ? "client " + std::to_string(client_id) : std::string("a task of the core")) + ", " +
           (line != 0 ? "after its await at " + std::string(file) + ":" + std::to_string(line)
                      : "before its first await");
}

std::string iocp::HandlerError::Message() const {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is not a std::exception";
    }
}
