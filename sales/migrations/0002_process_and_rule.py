"""What a new house begins with: the process every sale knows, and the rule that hands leads to the reps in turn."""

from django.db import migrations

STEPS = {
    "qualify": [
        ("purchase_timeframe", True),
        ("budget_amount", True),
        ("purchase_process", False),
        ("decision_maker", False),
        ("description", False),
    ],
    "develop": [
        ("customer_need", True),
        ("proposed_solution", True),
        ("pain_points", False),
    ],
    "propose": [
        ("proposal_developed", True),
        ("proposal_reviewed", False),
        ("proposal_presented", True),
    ],
    "close": [
        ("final_proposal_ready", True),
        ("decision_expected_on", False),
        ("thank_you_sent", False),
        ("debrief_filed", False),
    ],
}


def begin(apps, schema_editor):
    process = apps.get_model("sales", "Process").objects.create(name="Sales process", is_default=True)
    step = apps.get_model("sales", "ProcessStep")
    step.objects.bulk_create(
        step(process=process, stage=stage, field=field, is_required=required, order=10 * number)
        for stage, steps in STEPS.items()
        for number, (field, required) in enumerate(steps, start=1)
    )
    apps.get_model("sales", "AssignmentRule").objects.create(name="All reps in turn", order=100)


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
