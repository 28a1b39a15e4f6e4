"""policy_lab: under which statutory design is a policy least likely to fall short, and how sure can we be?"""

__version__ = "0.1.0"
