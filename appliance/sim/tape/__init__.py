"""The one simulator of tape, dongle and camera, written once for numpy and for torch (docs/simulator.md).

``draw_tape`` in ``parameters`` draws a tape, ``degrade`` in ``play`` plays pictures from it, ``draw_camera``
and ``see`` in ``second_camera`` film the scene from beside. A ``Kit`` says on which arrays all of it works.
"""
