"""Every program of the testbed with its pinned version and the way to get it.

A Go program's exact sources stand in `modules/<module>/go.mod` and `go.sum`; what stands here is how it is built from
them, and what a program already on PATH must answer to be taken instead.
"""

import platform
from dataclasses import dataclass, field

KUBERNETES = "v1.36.3"
PULUMI = "v3.274.1"
PULUMI_KUBERNETES = "4.25.0"
PULUMI_TLS = "5.3.1"
PULUMI_YAML = "v1.38.1"
HELM = "v2.17.0"
COREDNS = "1.11.3"
KUBE_ROUTER = "v2.2.1"
KUBE_SCORE = "1.20.0"
ACTIONLINT = "1.7.12"
HELM_3 = "v3.19.4"
HELM_2TO3 = "v0.10.1"
MAPKUBEAPIS = "v0.4.1"

# Helm's last release was built with Go 1.14, so TLS is judged here exactly as it is in the field. That Go is not to be
# had for every other system (Apple Silicon); there only the client is built, with a newer one.
GO_OF_HELM = "go1.14.15" if platform.system() == "Linux" else ""


@dataclass(frozen=True)
class OnPath:
    """The condition under which a program on PATH is used.

    Attributes:
        version_command: the program and the arguments that print its version.
        accepts: a regular expression that the output must match.
        beside: further files without which it does not work; they stand next to it, or where its link leads.
    """

    version_command: tuple[str, ...]
    accepts: str
    beside: tuple[str, ...] = field(default=(), repr=False)  # `go.key` is made of the rest

    @property
    def name(self) -> str:
        """The program's name."""
        return self.version_command[0]


@dataclass(frozen=True)
class GoProgram:
    """Binaries built from one pinned Go module.

    Attributes:
        name: shown as progress, and the folder in the cache.
        module: the folder under `modules/`.
        packages: import paths to build; `.` is the module itself.
        binaries: the file names that result, all of which must exist afterwards.
        variables: Go variables set at link time, by import path.
        go: the Go toolchain to use, or empty for the newest that the module asks for.
        embedded: files copied out of a required module's source before the build: (module path, file, new name).
        beside: a folder of a required module whose files belong next to the binary: (module path, folder).
        on_path: when one folder of PATH satisfies every entry, nothing is built.
        files: files of required modules that belong next to the binary: (module path, file).
    """

    name: str
    module: str
    packages: tuple[str, ...]
    binaries: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    go: str = ""
    embedded: tuple[tuple[str, str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    on_path: tuple[OnPath, ...] = ()
    files: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # `go.key` has them by themselves


# The first that fetches the toolchain which a module asks for.
GO = OnPath(("go", "env", "GOVERSION"), r"^go1\.(2[1-9]|[3-9]\d|\d{3})")


def _kubernetes_version() -> tuple[tuple[str, str], ...]:
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    stamped = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    values = (("gitVersion", KUBERNETES), ("gitMajor", major), ("gitMinor", minor))
    return tuple((f"{package}.{variable}", value) for package in stamped for variable, value in values)


def _kubernetes(*commands: str) -> tuple[str, ...]:
    return tuple(f"k8s.io/kubernetes/cmd/{command}" for command in commands)


EXECUTOR = "pulumi-language-python-exec"
"""The script that the language host has Python run."""

# Taken from PATH only together: the official CLI brings a language host of its own.
_OFFICIAL_CLI = (
    OnPath(("pulumi", "version"), r"^v3\.(2[4-9]\d|23[7-9]|[3-9]\d\d)\."),
    OnPath(("pulumi-language-python", "-h"), r"(?i)usage", beside=(EXECUTOR,)),
)
PROVIDERS = {"pulumi-resource-kubernetes": PULUMI_KUBERNETES, "pulumi-resource-tls": PULUMI_TLS}
"""The version of each provider, by its program's name."""

_HELM_VERSION = (("k8s.io/helm/pkg/version.Version", HELM), ("k8s.io/helm/pkg/version.BuildMetadata", ""))
_NODE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")

GO_PROGRAMS = (
    GoProgram(
        name="pulumi",
        module="pulumi",
        packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
        binaries=("pulumi",),
        variables=(("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", PULUMI),),
        on_path=_OFFICIAL_CLI,
    ),
    GoProgram(
        name="pulumi-language-python",
        module="pulumi-language-python",
        packages=(".",),
        binaries=("pulumi-language-python",),
        beside=(("github.com/pulumi/pulumi/sdk/v3", "python/cmd"),),
        on_path=_OFFICIAL_CLI,
    ),
    GoProgram(
        name="pulumi-resource-tls",
        module="pulumi-resource-tls",
        packages=(".",),
        binaries=("pulumi-resource-tls",),
    ),
    GoProgram(
        name="pulumi-resource-kubernetes",
        module="pulumi-resource-kubernetes",
        packages=(".",),
        binaries=("pulumi-resource-kubernetes",),
        embedded=tuple(
            ("github.com/pulumi/pulumi-kubernetes/provider/v4", f"cmd/pulumi-resource-kubernetes/{source}", target)
            for source, target in (
                ("schema.json", "schema-embed.json"),
                ("terraform-mapping.json", "terraform-mapping.json"),
            )
        ),
    ),
    GoProgram(
        name="helm",
        module="helm",
        packages=("k8s.io/helm/cmd/helm",),
        binaries=("helm",),
        variables=_HELM_VERSION,
        go=GO_OF_HELM,
        on_path=(OnPath(("helm", "version", "--client", "--short"), rf"^Client: {HELM}\b"),),
    ),
    GoProgram(
        name="tiller",
        module="helm",
        packages=("k8s.io/helm/cmd/tiller",),
        binaries=("tiller",),
        variables=_HELM_VERSION,
        go=GO_OF_HELM,
    ),
    GoProgram(
        name="kubernetes",
        module="kubernetes",
        packages=_kubernetes(*_NODE),
        binaries=_NODE,
        variables=_kubernetes_version(),
        on_path=tuple(OnPath((name, "--version"), rf"^Kubernetes {KUBERNETES}$") for name in _NODE),
    ),
    GoProgram(
        name="kubectl",
        module="kubernetes",
        packages=_kubernetes("kubectl"),
        binaries=("kubectl",),
        variables=_kubernetes_version(),
        on_path=(OnPath(("kubectl", "version", "--client"), r"^Client Version: v1\.(3\d|[4-9]\d)\.\d+$"),),
    ),
    GoProgram(
        name="kube-router",
        module="kube-router",
        packages=("github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",),
        binaries=("kube-router",),
        variables=(("github.com/cloudnativelabs/kube-router/v2/pkg/version.Version", KUBE_ROUTER),),
        on_path=(OnPath(("kube-router", "--version"), rf"{KUBE_ROUTER}\b"),),
    ),
    GoProgram(
        name="coredns",
        module="coredns",
        packages=("github.com/coredns/coredns",),
        binaries=("coredns",),
        on_path=(OnPath(("coredns", "-version"), rf"CoreDNS-{COREDNS}\b"),),
    ),
    GoProgram(
        name="kube-score",
        module="kube-score",
        packages=("github.com/zegl/kube-score/cmd/kube-score",),
        binaries=("kube-score",),
        variables=(("main.version", KUBE_SCORE),),
        on_path=(OnPath(("kube-score", "version"), rf"^kube-score version: {KUBE_SCORE},"),),
    ),
    GoProgram(
        name="actionlint",
        module="actionlint",
        packages=("github.com/rhysd/actionlint/cmd/actionlint",),
        binaries=("actionlint",),
        variables=(("github.com/rhysd/actionlint.version", ACTIONLINT),),
        on_path=(OnPath(("actionlint", "-version"), rf"^{ACTIONLINT}$"),),
    ),
    GoProgram(name="pause", module="pause", packages=(".",), binaries=("pause",)),
)

# For the tests of the way to Helm 3 alone: they are built when such a test runs.
HELM_3_PROGRAMS = (
    GoProgram(
        name="helm3",
        module="helm3",
        packages=("helm.sh/helm/v3/cmd/helm",),
        binaries=("helm",),
        variables=(("helm.sh/helm/v3/internal/version.version", HELM_3),),
    ),
    GoProgram(
        name="helm-2to3",
        module="helm-2to3",
        packages=("github.com/helm/helm-2to3",),
        binaries=("helm-2to3",),
        files=(("github.com/helm/helm-2to3", "plugin.yaml"),),
    ),
    GoProgram(
        name="helm-mapkubeapis",
        module="helm-mapkubeapis",
        packages=("github.com/helm/helm-mapkubeapis/cmd/mapkubeapis",),
        binaries=("mapkubeapis",),
        files=tuple(("github.com/helm/helm-mapkubeapis", file) for file in ("plugin.yaml", "config/Map.yaml")),
    ),
)

# For the tests of programs in YAML alone: it is built when such a test runs. The official CLI brings one.
YAML_PROGRAMS = (
    GoProgram(
        name="pulumi-language-yaml",
        module="pulumi-language-yaml",
        packages=("github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",),
        binaries=("pulumi-language-yaml",),
        variables=(("github.com/pulumi/pulumi-yaml/pkg/version.Version", PULUMI_YAML),),
    ),
)

DEBIAN = "debian packages"
"""The name of the one part that is not a Go program."""

PARTS = (DEBIAN, *(program.name for program in GO_PROGRAMS))
"""Every part; the tests need all of them."""

NODE_PARTS = (DEBIAN, "pause", "tiller", "kubernetes", "kubectl", "kube-router")
"""The parts of a local cluster without DNS, as the demo needs it."""

CLUSTER_PARTS = (*NODE_PARTS, "coredns")
"""The parts of a local cluster with DNS."""

DEMO_PARTS = (
    *PROVIDERS,
    *(program.name for program in GO_PROGRAMS if program.on_path == _OFFICIAL_CLI),
    "helm",
    "kubectl",
)
"""The parts of the demo besides the cluster."""

# Programs of the node that Debian packages well, with the libraries that a minimal Debian may lack; and shellcheck, for
# the workflow files.
DEBIAN_PACKAGES = (
    *("etcd-server", "containerd", "runc", "containernetworking-plugins", "iproute2", "iptables", "ipset", "conntrack"),
    *("busybox-static", "libseccomp2", "libxtables12", "libip4tc2", "libip6tc2", "libnftnl11", "libmnl0"),
    *("libnfnetlink0", "libnetfilter-conntrack3", "libipset13", "libbpf1", "libelf1", "shellcheck"),
)

# For the tests of pages: the user's own, or Debian's with whatever it needs and the system lacks, and with fonts.
BROWSERS = tuple(
    OnPath((name, "--version"), r"^(Chromium|Google Chrome) 1[2-9]\d\.")
    for name in ("chromium", "chromium-browser", "google-chrome")
)
BROWSER_PACKAGES = ("chromium", "fonts-liberation")


@dataclass(frozen=True)
class Image:
    """A container image of one static binary, with or without a shell.

    Attributes:
        reference: the full name under which the node finds it.
        entrypoint: the binary's path in the image.
        program: the file in the toolchain's `bin`, or in the Debian tree where it starts with `usr/`.
        user: the numeric user the image runs as.
        with_shell: whether it has a shell and small programs, as the image of the Helm project has from Alpine.
    """

    reference: str
    entrypoint: str
    program: str
    user: int
    with_shell: bool = False


# Tiller keeps the name under which the Helm project publishes it: same sources, same Go. The others carry names of
# their own, because they are not what a registry serves under the usual ones.
PAUSE_IMAGE = Image("localhost/pause:1", "/pause", "pause", 65535)
TILLER_IMAGE = Image(f"ghcr.io/helm/tiller:{HELM}", "/tiller", "tiller", 65534, with_shell=True)
COREDNS_IMAGE = Image(f"localhost/coredns:{COREDNS}", "/coredns", "coredns", 65534)
BUSYBOX_IMAGE = Image("localhost/busybox:1", "/bin/busybox", "usr/bin/busybox", 65534)
HELM_IMAGE = Image("localhost/helm:1", "/helm", "helm", 65534, with_shell=True)
IMAGES = (PAUSE_IMAGE, TILLER_IMAGE, COREDNS_IMAGE, BUSYBOX_IMAGE, HELM_IMAGE)
