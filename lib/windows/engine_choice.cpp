// SPDX-License-Identifier: MIT
#include "engine.h"
#include "iocp_engine.h"

namespace iocp::detail {

namespace {

// Only an accept that is pending when a client comes is served without the detour through the backlog.
constexpr AcceptDepth kAccepts{4, 64};

}  // namespace

EngineChoice ChooseEngine(EngineKind asked, const Options&) {
    if (asked != EngineKind::Auto && asked != EngineKind::Iocp)
        throw StartError("engine " + std::string(ToString(asked)) +
                         " is only available on Linux: ask for auto or iocp");
    return {EngineKind::Iocp, "iocp", kAccepts};
}

std::unique_ptr<Engine> MakeEngine(EngineKind, const Options& options, BufferPool& buffers) {
    return std::make_unique<IocpEngine>(options, buffers);
}

}  // namespace iocp::detail
