"""A policy pack with one mandatory rule: every box is called tidy.

It speaks the analyzer protocol itself, so that it needs nothing but Pulumi's SDK; what starts it is the same as for a
pack that is written with the policy SDK.
"""

# ruff: noqa: N802, ARG002 -- the names and the arguments are the protocol's

from concurrent import futures

import grpc
from pulumi.runtime.proto import analyzer_pb2 as analyzer
from pulumi.runtime.proto import analyzer_pb2_grpc as service
from pulumi.runtime.proto import plugin_pb2 as plugin

PACK, VERSION, RULE = "boxes", "1.0.0", "tidy-boxes"


class Pack(service.AnalyzerServicer):
    """The pack as the engine asks for it."""

    def GetPluginInfo(self, request: object, context: grpc.ServicerContext) -> plugin.PluginInfo:
        """Name the version of the plugin."""
        return plugin.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: object, context: grpc.ServicerContext) -> analyzer.AnalyzerInfo:
        """Name the pack and its rule."""
        rule = analyzer.PolicyInfo(name=RULE, enforcementLevel=analyzer.MANDATORY)
        return analyzer.AnalyzerInfo(name=PACK, version=VERSION, policies=[rule])

    def Analyze(self, request: analyzer.AnalyzeRequest, context: grpc.ServicerContext) -> analyzer.AnalyzeResponse:
        """Judge one resource."""
        if request.type != "probe:index:Box" or request.name == "tidy":
            return analyzer.AnalyzeResponse()
        violation = analyzer.AnalyzeDiagnostic(
            policyPackName=PACK,
            policyPackVersion=VERSION,
            policyName=RULE,
            message=f"{request.name} is no name for a box",
            urn=request.urn,
            enforcementLevel=analyzer.MANDATORY,
        )
        return analyzer.AnalyzeResponse(diagnostics=[violation])

    def AnalyzeStack(self, request: analyzer.AnalyzeStackRequest, context: grpc.ServicerContext) -> object:
        """Judge the stack as a whole: no rule does."""
        return analyzer.AnalyzeResponse()


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
service.add_AnalyzerServicer_to_server(Pack(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
