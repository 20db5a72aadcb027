"""The component SecureTiller as a plugin of Pulumi, for programs in every language."""

from secure_tiller_stack.plugin import serve

if __name__ == "__main__":
    serve()
