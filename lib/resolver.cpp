// SPDX-License-Identifier: MIT
#include "resolver.h"

#include "socket.h"
#include "socket_address.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace iocp::detail {

namespace {

constexpr int kMostLookups = 32;  // at a time, in the whole process: each has a thread
std::atomic<int> lookups_under_way = 0;

class Lookup final : public JobFor<Network::Resolved> {
public:
    Lookup(Network& network, std::string host, std::uint16_t port)
        : network_(network), host_(std::move(host)), port_(port) {}

private:
    void Work() noexcept override {
        const auto resolve = [this] { return network_.Resolve(host_, port_); };
        std::tuple<> nothing;
        Do(resolve, nothing);
    }

    bool Begin() override {
        if (!network_.HasThreads()) {
            Run();
            return true;
        }
        if (++lookups_under_way <= kMostLookups && StartThread()) return true;
        --lookups_under_way;
        return false;
    }

    // False: there is no thread to be had.
    [[nodiscard]] bool StartThread() {
        try {
            std::thread([job = shared_from_this()]() mutable {
                job->Run();
                job.reset();
                --lookups_under_way;
            }).detach();
            return true;
        } catch (const std::system_error&) {
            return false;
        }
    }

    Network& network_;
    const std::string host_;
    const std::uint16_t port_;
};

}  // namespace

Network::Resolved ResolveHost(const std::string& host, std::uint16_t port) {
    const NetworkLibrary library;
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;  // or each address would come once for every kind of socket
    addrinfo* found = nullptr;
    Network::Resolved resolved;
    resolved.native_code = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        sockaddr_storage address{};
        std::memcpy(&address, at->ai_addr, std::min(sizeof address, static_cast<std::size_t>(at->ai_addrlen)));
        const Endpoint endpoint = FromSystem(address);
        resolved.endpoints.emplace_back(endpoint.AddressFamily(), endpoint.AddressBytes(), port, endpoint.Scope());
    }
    if (found != nullptr) freeaddrinfo(found);
    return resolved;
}

std::shared_ptr<JobFor<Network::Resolved>> LookUp(Network& network, std::string host, std::uint16_t port) {
    return std::make_shared<Lookup>(network, std::move(host), port);
}

}  // namespace iocp::detail
