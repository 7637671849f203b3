// SPDX-License-Identifier: MIT
#include "proxy_evening.h"

namespace {

class HastyProxy final : public IOCP_Protocol {
public:
    explicit HastyProxy(ProxySettings settings) : settings_(std::move(settings)) {}

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        Route route{client.Remote(), client.Local()};
        if (settings_.trusted.Contain(client.Remote()) && !co_await ReadHeader(client, route)) co_return;
        auto server = co_await iocp::Connect(settings_.to.host, settings_.to.port);
        if (!server) co_return;
        const std::string header = ProxyHeader(settings_.send_version, route);
        if (!header.empty() && !co_await server->Send(header)) co_return;
        co_await iocp::Race(Pump(client, *server), Pump(*server, client));
    }

    iocp::Task<> Pump(IOCP_Client& from, IOCP_Client& to) {
        while (auto more = co_await from.Recv())
            if (!co_await to.Send(more)) co_return;
    }

    const ProxySettings settings_;
};

}  // namespace

std::shared_ptr<IOCP_Protocol> MakeHastyProxy(ProxySettings settings) {
    return std::make_shared<HastyProxy>(std::move(settings));
}
