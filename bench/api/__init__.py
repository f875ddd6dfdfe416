"""What the commands do, from Python: the same words as on the command line, answered with typed results."""

from bench.api.accounting import Accounts as Accounts
from bench.api.accounting import account as account
from bench.api.attacking import AttackOptions as AttackOptions
from bench.api.attacking import attack as attack
from bench.api.listing import components as components
from bench.api.running import AccountOptions as AccountOptions
from bench.api.running import RunOptions as RunOptions
from bench.api.running import run as run
from bench.api.scores import Shown as Shown
from bench.api.scores import score as score
from bench.api.scores import show as show
from bench.api.states import status as status
from bench.api.studying import attack_report as attack_report
from bench.api.studying import certify as certify
from bench.api.studying import replay as replay
