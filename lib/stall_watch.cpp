// SPDX-License-Identifier: MIT
#include "stall_watch.h"

#include "activity.h"
#include "core_state.h"
#include "worker.h"

namespace iocp::detail {

StallWatch::StallWatch(CoreState& core, const std::vector<std::unique_ptr<Worker>>& workers)
    : core_(core),
      workers_(workers),
      known_(workers.size()),
      due_(kChecks && core.Settings().stall.count() > 0 ? Clock::now() : Clock::time_point::max()) {}

void StallWatch::LookIfDue() {
    const auto now = Clock::now();
    if (now < due_) return;
    for (std::size_t i = 0; i < known_.size(); ++i) LookAt(i, now);
    due_ = now + core_.Settings().stall / 4;
}

void StallWatch::LookAt(std::size_t worker, Clock::time_point now) {
    Known& known = known_[worker];
    const Activity::Seen seen = workers_[worker]->Doing().Look();
    if (seen.step != known.step) {
        known = {.step = seen.step, .since = now};
        return;
    }
    if (!seen.in_handler || known.told || now - known.since < core_.Settings().stall) return;
    known.told = true;
    core_.Report(Stall{.worker = worker,
                       .client_id = seen.client_id,
                       .file = seen.file,
                       .line = seen.line,
                       .so_far = std::chrono::duration_cast<std::chrono::milliseconds>(now - known.since)});
}

}  // namespace iocp::detail
