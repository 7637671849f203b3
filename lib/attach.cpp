// SPDX-License-Identifier: MIT
#include "attach.h"

#include "core_state.h"
#include "worker.h"

namespace iocp::detail {

Detached AttachListener(Worker& worker, SocketHandle socket, SocketRole role, std::function<void()> attached) {
    for (bool first = true; !worker.IsStopping(); first = false) {
        const int code = worker.Io().Attach(socket, role);
        if (code == 0) {
            attached();
            co_return;
        }
        if (first) worker.Core().ReportRefused(code, worker.Net().LocalEndpoint(socket));
        co_await Sleep(worker, kRetryPause);
    }
}

}  // namespace iocp::detail
