// SPDX-License-Identifier: MIT
#include "load.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using load::Fail;
using load::Settings;

constexpr const char* kUsage = R"(usage: echo_load ADDRESS:PORT [option...]
Loads an echo server, checks every byte that comes back, and tells how fast it was.
  --clients N    connections (50)
  --bytes N      of each message (64)
  --pipeline N   messages under way on each connection (1)
  --rate R       messages a second, all connections together, whether or not answers come: latencies count from the
                 time when a message was due. Without it each answer is followed by the next message.
  --churn        each round trip on a connection of its own
  --udp          datagrams
  --seconds S    measured (2), after --warm-up S (0.5)
  --json         a line "connected", and at the end one of JSON, with the counts of the histogram: [upper end in
                 nanoseconds, count]
)";

double NumberFrom(const std::string& text) {
    std::size_t used = 0;
    const double number = text.empty() ? -1 : std::stod(text, &used);
    if (used != text.size() || number < 0) Fail("not a number: " + text);
    return number;
}

double Microseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

unsigned long long RoundTrips(const load::Figures& figures) { return figures.latencies.Total() - figures.unanswered; }

void Print(const load::Figures& figures) {
    const auto& all = figures.latencies;
    std::printf("%llu round trips in %.2f s: %.0f a second; %llu lost, %llu not answered yet\n", RoundTrips(figures),
                figures.seconds, static_cast<double>(RoundTrips(figures)) / figures.seconds,
                static_cast<unsigned long long>(figures.lost), static_cast<unsigned long long>(figures.unanswered));
    for (const double share : {0.5, 0.9, 0.99, 0.999, 0.9999, 1.0})
        std::printf("%8.2f %%  %10.1f us\n", share * 100, Microseconds(all.Percentile(share)));
}

void PrintJson(const load::Figures& figures) {
    const auto& all = figures.latencies;
    std::printf(
        R"({"round_trips": %llu, "seconds": %.6f, "lost": %llu, "p50_us": %.2f, "p99_us": %.2f, "p999_us": %.2f, )"
        R"("max_us": %.2f, "histogram": [)",
        RoundTrips(figures), figures.seconds, static_cast<unsigned long long>(figures.lost),
        Microseconds(all.Percentile(0.5)), Microseconds(all.Percentile(0.99)), Microseconds(all.Percentile(0.999)),
        Microseconds(all.Percentile(1)));
    const char* comma = "";
    all.ForEach([&](std::uint64_t end, std::uint64_t count) {
        std::printf("%s[%llu, %llu]", comma, static_cast<unsigned long long>(end),
                    static_cast<unsigned long long>(count));
        comma = ", ";
    });
    std::printf("]}\n");
}

}  // namespace

int main(int count, char** texts) {
    const std::vector<std::string> words(texts + 1, texts + count);
    Settings settings;
    bool json = false;
    const auto size = [](std::size_t& value) {
        return [&value](const std::string& text) { value = static_cast<std::size_t>(NumberFrom(text)); };
    };
    const auto real = [](double& value) { return [&value](const std::string& text) { value = NumberFrom(text); }; };
    const std::map<std::string, std::function<void(const std::string&)>> valued{
        {"--clients", size(settings.clients)},   {"--bytes", size(settings.bytes)},
        {"--pipeline", size(settings.pipeline)}, {"--rate", real(settings.rate)},
        {"--seconds", real(settings.seconds)},   {"--warm-up", real(settings.warm_up)}};
    const std::map<std::string, bool*> flags{{"--churn", &settings.churn}, {"--udp", &settings.udp}, {"--json", &json}};

    for (std::size_t i = 0; i < words.size(); ++i) {
        if (const auto flag = flags.find(words[i]); flag != flags.end()) {
            *flag->second = true;
        } else if (const auto option = valued.find(words[i]); option != valued.end() && i + 1 < words.size()) {
            option->second(words[++i]);
        } else if (!words[i].starts_with("--") && !settings.server) {
            settings.server.emplace(words[i]);
        } else {
            std::fputs(kUsage, stderr);
            return 2;
        }
    }
    if (!settings.server || settings.clients == 0 || settings.bytes == 0) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    settings.progress = !json;
    settings.announced = json;
    const load::Figures figures = load::Run(settings);
    json ? PrintJson(figures) : Print(figures);
}
